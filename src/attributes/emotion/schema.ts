/** What phiz says of a face's expression. */
import type { ClassesResult } from '../classes/schema.js';
import type { Emotion } from './labels.js';

export type EmotionResult = ClassesResult<Emotion>;
