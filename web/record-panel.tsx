/** Records a session of the camera and saves it. */
import { useState } from 'preact/hooks';
import type { Recording } from './recording.js';
import { recordingFiles, SaveButtons } from './save.js';
import { Switch } from './switch.js';

export interface RecordPanelProps {
  readonly running: boolean;
  /** Seconds recorded so far; undefined while nothing is. */
  readonly recording: number | undefined;
  readonly recorded: Recording | undefined;
  onStart(images: boolean): void;
  onStop(): void;
}

export function RecordPanel({ running, recording, recorded, onStart, onStop }: RecordPanelProps) {
  const [images, setImages] = useState(false);
  return (
    <section class="record" aria-label="Recording">
      <div class="row">
        {recording === undefined ? (
          <button type="button" disabled={!running} onClick={() => onStart(images)}>
            Record
          </button>
        ) : (
          <button type="button" onClick={onStop}>
            Stop recording
          </button>
        )}
        <Switch label="Small images in the report" checked={images} disabled={recording !== undefined} onChange={setImages} />
      </div>
      {recorded ? (
        <>
          <p class="quiet">
            {recorded.frames.length} frames recorded{recorded.full && ', as many as are kept'}. Saved where your browser keeps
            downloads:
          </p>
          <SaveButtons label="Save the recording" files={recordingFiles(recorded)} />
        </>
      ) : (
        <p class="quiet">
          {recording === undefined
            ? 'Keeps the results, not the video; nothing is kept unless you record and save.'
            : 'Stop to save what is recorded.'}
        </p>
      )}
    </section>
  );
}
