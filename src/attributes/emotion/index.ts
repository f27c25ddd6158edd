/** The expression of a face, one of seven: as an attribute. */
import type { NetworkAttribute } from '../attribute.js';
import { EMOTION_COLOURS } from './colours.js';
import { EMOTIONS } from './labels.js';
import { emotionReader } from './read.js';
import { type EmotionResult, emotionSchema } from './schema.js';
import { EmotionSmoother } from './smoothing.js';

export const emotion = {
  name: 'emotion',
  schema: emotionSchema,
  read: emotionReader,
  overTime: {
    says: 'smoothed over time; null before the first measurement',
    start: ({ smoothing }) => new EmotionSmoother(smoothing),
  },
  columns: [
    { name: 'emotion', type: 'text', value: ({ label }) => label },
    { name: 'emotion_confidence', type: 'number', value: ({ confidence }) => confidence },
    ...EMOTIONS.map((label) => ({
      name: label,
      type: 'number' as const,
      value: ({ probabilities }: EmotionResult) => probabilities[label],
    })),
  ],
  rawColumns: [
    { name: 'raw_emotion', type: 'text', value: ({ label }) => label },
    { name: 'raw_emotion_confidence', type: 'number', value: ({ confidence }) => confidence },
  ],
  label: ({ label, confidence }) => {
    const sure = `${label} ${Math.round(confidence * 100)}%`;
    return {
      full: sure,
      brief: sure,
      shorter: [
        [label, 1.6],
        [label.slice(0, 3), 2.4],
      ],
    };
  },
  colour: ({ label }) => EMOTION_COLOURS[label],
} as const satisfies NetworkAttribute<'emotion', EmotionResult>;
