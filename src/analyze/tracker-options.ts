/** When the tracker takes a detection for a person, and how long it waits for one who is gone: options, their defaults and their checks. */
import { PhizError } from '../core/error.js';

export interface TrackerOptions {
  /** Score from which a detection can start a person; default 0.5. */
  readonly highScore?: number | undefined;
  /** Score from which it can carry on a person; default 0.4 times `highScore`. */
  readonly lowScore?: number | undefined;
  /** Score from which it starts a person at once; default halfway from `highScore` to 1. */
  readonly sureScore?: number | undefined;
  /** Detections after which a less sure one is a person; default 3. In the first frame of a scene one is enough. */
  readonly confirmations?: number | undefined;
  /** Seconds for which motion alone may bridge an occlusion; default 1.5. */
  readonly bridge?: number | undefined;
  /** Seconds after which a person who is gone has left for good; until then their appearance brings them back. Default 5. */
  readonly memory?: number | undefined;
  /** Seconds for which somebody who went with a cut or their tile is known again by face and surroundings together. Default 60. */
  readonly placeMemory?: number | undefined;
  /** Seconds for which a face that is looked for in vain is still shown; default 0.15. */
  readonly carry?: number | undefined;
}

/** All of them set. */
export type TrackerSettings = { readonly [Name in keyof TrackerOptions]-?: number };

/** Fills in the defaults. Throws PhizError `invalid-option` naming the first value at fault. */
export function trackerSettings({
  highScore = 0.5,
  lowScore = 0.4 * highScore,
  sureScore = (1 + highScore) / 2,
  confirmations = 3,
  bridge = 1.5,
  memory = 5,
  placeMemory = 60,
  carry = 0.15,
}: TrackerOptions): TrackerSettings {
  const settings = { highScore, lowScore, sureScore, confirmations, bridge, memory, placeMemory, carry };
  for (const [name, value] of Object.entries(settings))
    if (!Number.isFinite(value) || value < 0)
      throw new PhizError('invalid-option', `${name} must be a number of 0 or more; got ${value}`);
  if (lowScore > highScore || highScore > sureScore)
    throw new PhizError(
      'invalid-option',
      `lowScore, highScore and sureScore must rise; got ${lowScore}, ${highScore} and ${sureScore}`,
    );
  if (memory < bridge) throw new PhizError('invalid-option', `memory must be at least bridge (${bridge} s); got ${memory}`);
  return settings;
}
