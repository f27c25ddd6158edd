/** The published JSON schemas of results, made from the zod schemas in result.ts and video-result.ts; schema/*.json is their output. */
import { z } from 'zod';
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

function publish(result: z.ZodType, name: string, title: string): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(result, { target: 'draft-2020-12' });
  return { $schema, $id: `urn:phiz:${name}`, title, ...schema };
}
