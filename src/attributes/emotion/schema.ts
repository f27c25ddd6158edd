/** What phiz says of a face's expression. */
import type { ClassesResult } from '../classes/schema.js';
import type { Emotion } from './labels.js';

/** What a face says of its emotion: the most probable label, and the probability of each. */
export type EmotionResult = ClassesResult<Emotion>;
