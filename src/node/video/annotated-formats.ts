/**
 * The formats of annotated clips, an entry each: what writes images and sound into a file. What is drawn, annotated-clip.ts decides; it
 * is drawn once for all formats. Writers are loaded when a clip is written.
 */
import { formatsOf, type OutputFormat } from '../files/output-format.js';
import type { ClipWriter, ClipWriterOptions } from './write-clip.js';

export interface AnnotatedClipFormat extends OutputFormat {
  /** Opens a file. Throws PhizError `unwritable-file`, `engine-unavailable`. */
  open(options: ClipWriterOptions): Promise<ClipWriter>;
}

export const ANNOTATED_CLIPS = [
  {
    name: 'mp4',
    ending: 'annotated.mp4',
    type: 'video/mp4',
    always: true,
    says: 'the clip with boxes and labels',
    open: async (options) => (await import('./write-clip.js')).createClipWriter(options),
  },
] as const satisfies readonly AnnotatedClipFormat[];

/**
 * Opens the usual formats and those asked for, as one writer; `pathOf` names their files by their endings. Where one cannot be opened the
 * others are left behind unwritten.
 */
export async function openAnnotatedFormats(
  asked: readonly string[],
  pathOf: (ending: string) => string,
  options: Omit<ClipWriterOptions, 'path'>,
): Promise<ClipWriter> {
  const writers: ClipWriter[] = [];
  const dispose = async (): Promise<void> => {
    for (const writer of writers) await writer.dispose();
  };
  try {
    for (const { open, ending } of formatsOf<AnnotatedClipFormat>(ANNOTATED_CLIPS, asked))
      writers.push(await open({ ...options, path: pathOf(ending) }));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    get warning() {
      return writers.find(({ warning }) => warning !== undefined)?.warning;
    },
    async add(image, timestamp, duration) {
      for (const writer of writers) await writer.add(image, timestamp, duration);
    },
    async finish(end) {
      for (const writer of writers) await writer.finish(end);
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}
