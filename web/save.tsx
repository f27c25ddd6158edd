/** Buttons that save files. */
import { useRef, useState } from 'preact/hooks';
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
  /** What takes long says how far it is, 0 to 1, and stops when it is told to. */
  make(tell: (share: number) => void, signal: AbortSignal): Blob | Promise<Blob>;
}

export function SaveButtons({ files, label }: { readonly files: readonly SaveFile[]; readonly label: string }) {
  const [busy, setBusy] = useState<{ readonly name: string; readonly share: number | undefined }>();
  const stop = useRef(new AbortController());
  const [problem, setProblem] = useState<string>();
  const save = async ({ name, make }: SaveFile) => {
    stop.current = new AbortController();
    const { signal } = stop.current;
    setBusy({ name, share: undefined });
    setProblem(undefined);
    try {
      download(name, await make((share) => setBusy({ name, share }), signal));
    } catch (error) {
      if (!signal.aborted) setProblem(`${name} could not be made: ${(error as Error).message}`);
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
            {busy?.name === file.name ? preparing(busy.share) : file.label}
          </button>
        ))}
        {busy?.share !== undefined && (
          <button type="button" onClick={() => stop.current.abort()}>
            Stop
          </button>
        )}
      </fieldset>
      {problem && <p role="alert">{problem}</p>}
    </div>
  );
}

function preparing(share: number | undefined): string {
  return share === undefined ? 'Preparing…' : `Preparing… ${Math.floor(100 * share)} %`;
}

/** The files of a recording. */
export function recordingFiles(recording: Recording): readonly SaveFile[] {
  const { name, images } = recording;
  const saved: readonly SaveFile[] = [
    { label: 'Report (HTML)', name: `${name}.report.html`, make: () => recording.report() },
    { label: 'Summary (JSON)', name: `${name}.json`, make: () => recording.json() },
    { label: 'Table (CSV)', name: `${name}.timeline.csv`, make: () => recording.csv() },
    { label: 'Frames (NDJSON)', name: `${name}.frames.ndjson`, make: () => recording.ndjson() },
  ];
  if (!images) return saved;
  return [...saved, { label: "Report's images (JSON)", name: `${name}.pictures.json`, make: () => images }];
}
