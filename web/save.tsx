/** Buttons that save files. */
import { useState } from 'preact/hooks';
import type { Recording } from './recording.js';

/** Hands a file to the browser's downloads. */
export function download(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has begun by then; the memory goes back.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export interface SaveFile {
  readonly label: string;
  readonly name: string;
  make(): Blob | Promise<Blob>;
}

export function SaveButtons({ files, label }: { readonly files: readonly SaveFile[]; readonly label: string }) {
  const [busy, setBusy] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const save = async ({ name, make }: SaveFile) => {
    setBusy(name);
    setProblem(undefined);
    try {
      download(name, await make());
    } catch (error) {
      setProblem(`${name} could not be made: ${(error as Error).message}`);
    } finally {
      setBusy(undefined);
    }
  };
  return (
    <div class="save">
      <fieldset class="buttons">
        <legend class="unseen">{label}</legend>
        {files.map((file) => (
          <button key={file.name} type="button" disabled={busy !== undefined} onClick={() => save(file)}>
            {busy === file.name ? 'Preparing…' : file.label}
          </button>
        ))}
      </fieldset>
      {problem && <p role="alert">{problem}</p>}
    </div>
  );
}

/** The files of a recording. */
export function recordingFiles(recording: Recording): readonly SaveFile[] {
  const { name, pictures } = recording;
  const saved: readonly SaveFile[] = [
    { label: 'Report (HTML)', name: `${name}.report.html`, make: () => recording.report() },
    { label: 'Summary (JSON)', name: `${name}.json`, make: () => recording.json() },
    { label: 'Table (CSV)', name: `${name}.timeline.csv`, make: () => recording.csv() },
    { label: 'Frames (NDJSON)', name: `${name}.frames.ndjson`, make: () => recording.ndjson() },
  ];
  if (!pictures) return saved;
  return [...saved, { label: "Report's images (JSON)", name: `${name}.pictures.json`, make: () => pictures }];
}
