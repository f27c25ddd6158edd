/** What the lists of output formats (frames, annotated clips, reports) say of each of their entries, and which of them a run writes. */

export interface OutputFormat {
  /** Also the flag that asks for it, where it is not always written. */
  readonly name: string;
  /** Its files are called `<name>.<ending>`. */
  readonly ending: string;
  /** Media type. */
  readonly type: string;
  /** Whether every run writes it. */
  readonly always: boolean;
  /** What it is, in half a sentence. */
  readonly says: string;
}

/** Those of a list that are written: the usual ones, and those asked for. */
export function formatsOf<Format extends OutputFormat>(list: readonly Format[], asked: readonly string[]): readonly Format[] {
  return list.filter(({ name, always }) => always || asked.includes(name));
}
