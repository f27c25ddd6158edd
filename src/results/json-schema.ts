/**
 * The published JSON schemas of results and model cards, made from the zod schemas in result.ts, video-result.ts and card.ts;
 * schema/*.json is their output.
 */
import { z } from 'zod';
import { cardSchema } from '../core/card.js';
import { photoResultSchema, SCHEMA_VERSION } from './result.js';
import { frameResultSchema, VIDEO_SCHEMA_VERSION, videoSummarySchema } from './video-result.js';

/** JSON Schema (draft 2020-12) of a photo's result. */
export function photoResultJsonSchema(): Record<string, unknown> {
  return publish(photoResultSchema, `photo-result:${SCHEMA_VERSION}`, 'The faces that phiz found in a photo');
}

/** JSON Schema of a line of `<name>.frames.ndjson`. */
export function frameResultJsonSchema(): Record<string, unknown> {
  return publish(frameResultSchema, `frame-result:${VIDEO_SCHEMA_VERSION}`, 'The faces that phiz found in a frame of a clip');
}

/** JSON Schema of `<name>.json` of a clip. */
export function videoSummaryJsonSchema(): Record<string, unknown> {
  return publish(videoSummarySchema, `video-summary:${VIDEO_SCHEMA_VERSION}`, 'What phiz saw in a clip, by person and overall');
}

/** JSON Schema of the card beside a model, as one is written: what has a default may be left out. */
export function modelCardJsonSchema(): Record<string, unknown> {
  return publish(cardSchema, 'model-card:1', 'How a model is fed, what comes out, and where it is from', 'input');
}

function publish(described: z.ZodType, name: string, title: string, io: 'input' | 'output' = 'output'): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(described, { target: 'draft-2020-12', io });
  return { $schema, $id: `urn:phiz:${name}`, title, ...schema };
}
