/** The files of the tab where there are several: how far each is, which one is shown, and one table of all. */

import type { Attribute } from '#dist/attributes/attribute.js';
import { facesColumns, facesCsvHeader, facesCsvLines, frameRows, photoRows } from '#dist/report/tables/faces-csv.js';
import type { FileEntry, FileView } from './files.js';
import { SaveButtons } from './save.js';

export interface FileListProps {
  readonly entries: readonly FileEntry[];
  readonly shown: number | undefined;
  readonly attributes: readonly Attribute[];
  onShow(id: number): void;
  onClear(): void;
}

export function FileList({ entries, shown, attributes, onShow, onClear }: FileListProps) {
  const read = entries.filter(({ view }) => isRead(view));
  return (
    <section class="files" aria-label="Files">
      <p class="row">
        <span class="quiet">
          {read.length} of {entries.length} files read
        </span>
        <button type="button" onClick={onClear}>
          Clear
        </button>
      </p>
      <ul>
        {entries.map(({ id, view }) => (
          <li key={id}>
            <button type="button" aria-current={id === shown} title={view.name} onClick={() => onShow(id)}>
              <span class="name">{view.name}</span> <span class="quiet">{stateText(view)}</span>
            </button>
          </li>
        ))}
      </ul>
      {read.length > 0 && (
        <SaveButtons
          label="Save what was found in all files"
          files={[{ label: 'Table of all files (CSV)', name: 'faces.csv', make: () => tableOf(read, attributes) }]}
        />
      )}
    </section>
  );
}

/** Whether there is nothing more to come. */
function isRead(view: FileView): boolean {
  return view.kind === 'clip' ? view.done : view.kind !== 'waiting' && view.kind !== 'busy';
}

function stateText(view: FileView): string {
  switch (view.kind) {
    case 'waiting':
      return 'waiting';
    case 'busy':
      return 'reading';
    case 'photo':
      return counted(view.faces.length, 'face');
    case 'clip':
      if (!view.done) return `${Math.floor((100 * view.moment) / Math.max(view.duration, 0.001))} %`;
      return `${counted(view.recording.people, 'person', 'persons')}${view.problem ? ', not whole' : ''}`;
    default:
      return 'not read';
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return count === 0 ? 'no face' : `${count} ${count === 1 ? one : many}`;
}

/** The table that `phiz analyze --csv` writes. */
function tableOf(entries: readonly FileEntry[], attributes: readonly Attribute[]): Blob {
  const columns = facesColumns(attributes);
  const parts = entries.flatMap(({ view }) => {
    const { name } = view;
    if (view.kind === 'photo') return [facesCsvLines(photoRows(view.result), columns)];
    if (view.kind === 'clip') return view.recording.frames.map((frame) => facesCsvLines(frameRows(name, frame), columns));
    if (!('error' in view)) return [];
    const { message } = view.error;
    const code = 'code' in view.error ? String(view.error.code) : 'engine-failed';
    return [facesCsvLines([{ source: name, failure: { code, message } }], columns)];
  });
  return new Blob([facesCsvHeader({ attributes }), ...parts], { type: 'text/csv' });
}
