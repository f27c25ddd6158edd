/** A quiet panel over the stage that says what is the matter and what can be done. */
import type { ComponentChildren } from 'preact';

export interface MessageProps {
  readonly title: string;
  /** For the eye, and for tests: which state this is. */
  readonly state: string;
  readonly alert?: boolean;
  readonly children?: ComponentChildren;
}

export function Message({ title, state, alert = false, children }: MessageProps) {
  return (
    <div class={`message ${alert ? 'alert' : ''}`} role={alert ? 'alert' : undefined} data-state={state}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** The networks could not be loaded. */
export function EngineFailed({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) {
  return (
    <Message title="The networks could not be loaded" state="models-missing" alert>
      <p>{error.message}</p>
      <p class="quiet">
        The page needs the folders <code>models/</code> and <code>ort/</code> beside it; <code>phiz webcam</code> serves them.
      </p>
      <button type="button" class="primary" onClick={onRetry}>
        Try again
      </button>
    </Message>
  );
}
