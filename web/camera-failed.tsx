/** Why the camera gives no image, and what can be done. */
import { PhizError } from '#dist/browser/index.js';
import { Message } from './message.js';

export interface CameraFailedProps {
  readonly error: Error;
  /** It ran before. */
  readonly lost: boolean;
  readonly onRetry: () => void;
}

export function CameraFailed({ error, lost, onRetry }: CameraFailedProps) {
  const code = error instanceof PhizError ? error.code : undefined;
  const again = (
    <button type="button" class="primary" onClick={onRetry}>
      Try again
    </button>
  );
  switch (code) {
    case 'camera-denied':
      return (
        <Message title="The camera is not allowed" state="denied" alert>
          <p>
            Allow it in the browser’s address bar (the camera or lock symbol beside the address), then try again. Photos and clips
            work without it.
          </p>
          {again}
        </Message>
      );
    case 'no-camera':
      return (
        <Message title="No camera" state="no-camera" alert>
          <p>{sentenceOf(error.message)} Plug one in, or use the tab for photos and clips.</p>
          {again}
        </Message>
      );
    case 'camera-failed':
      return (
        <Message title={lost ? 'The camera is gone' : 'The camera does not start'} state={lost ? 'lost' : 'failed'} alert>
          <p>{sentenceOf(error.message)}</p>
          {again}
        </Message>
      );
    default:
      return (
        <Message title="The analysis stopped" state="failed" alert>
          <p>{sentenceOf(error.message)}</p>
          {again}
        </Message>
      );
  }
}

function sentenceOf(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
