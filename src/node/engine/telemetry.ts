/**
 * Turns off ONNX Runtime's telemetry: from 1.29 its packages for Linux and macOS send events to Microsoft and keep a device id and a
 * queue below the home folder. The runtime reads the environment of the process once, when it is loaded, so this comes before every
 * import of it. On Windows it has no such switch: events go to the system's own tracing (ETW), under the system's privacy settings.
 */
import { Session } from 'node:inspector/promises';
import { isMainThread } from 'node:worker_threads';

const SWITCH = 'ORT_DISABLE_TELEMETRY';

/**
 * Sets `ORT_DISABLE_TELEMETRY=1` for the whole process. On the main thread the variable is set when this returns, so threads and
 * child processes started afterwards have it too; on another thread, whose `process.env` is a copy that native code does not see,
 * when the promise resolves.
 */
export async function muteTelemetry(): Promise<void> {
  if (process.env[SWITCH] === '1') return;
  if (!isMainThread) {
    const session = new Session();
    session.connectToMainThread();
    // An answer from the main thread that is still to come keeps no thread alive by itself.
    const waiting = setInterval(() => {}, 1000);
    try {
      await session.post('Runtime.evaluate', { expression: `process.env.${SWITCH} = '1'; undefined` });
    } finally {
      clearInterval(waiting);
      session.disconnect();
    }
  }
  process.env[SWITCH] = '1';
}
