/** What a schema finds wrong, in phiz's words: each kind of fault that its schemas can find. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { faultText, parsedAs, parsedJson, placedFault } from '#dist/core/schema-fault.js';

const wrong = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error!;

describe('faults of a schema', () => {
  it.each([
    [z.number(), 'x', 'it must be a number'],
    [z.string(), 1, 'it must be a text'],
    [z.boolean(), 1, 'it must be true or false'],
    [z.array(z.number()), 1, 'it must be a list'],
    [z.int(), 0.5, 'it must be a whole number'],
    [z.number().max(1), 2, 'it must be at most 1'],
    [z.number().lt(1), 1, 'it must be less than 1'],
    [z.number().min(0), -1, 'it must be at least 0'],
    [z.number().positive(), 0, 'it must be more than 0'],
    [z.string().max(3), 'four', 'it must have at most 3 characters'],
    [z.array(z.number()).min(1), [], 'it must have at least 1 entry'],
    [z.number().multipleOf(32), 33, 'it must be a multiple of 32'],
    [z.enum(['clip', 'study', 'photo']), 'x', 'it must be clip, study or photo'],
    [z.literal(1), 2, 'it must be 1'],
    [z.strictObject({}), { colour: 1 }, "there is no 'colour' here"],
    [z.number().refine(() => false, 'a word of its own'), 1, 'a word of its own'],
  ])('%#: %s of %j', (schema, value, words) => {
    expect(faultText(wrong(schema, value).issues[0]!)).toBe(words);
  });

  it('says where, and what is missing', () => {
    const schema = z.object({ input: z.object({ mean: z.number() }) });
    expect(placedFault(wrong(schema, { input: {} }), 'card')).toBe('input.mean: it is missing');
    expect(placedFault(wrong(schema, 3), 'card')).toBe('card: it must be an object');
  });

  it('gives what is right, and throws the error of its caller', () => {
    const schema = z.object({ a: z.number().default(1) });
    const options = { code: 'invalid-data', lead: 'x.json is no x', whole: 'the whole' } as const;
    expect(parsedAs(schema, {}, options)).toEqual({ a: 1 });
    expect(parsedJson(schema, '{"a":2}', options)).toEqual({ a: 2 });
    expect(() => parsedJson(schema, '{"a":"2"}', options)).toThrow('x.json is no x: a: it must be a number');
    expect(() => parsedJson(schema, '{', options)).toThrow('x.json is no x: it is not JSON');
    try {
      parsedAs(schema, 1, options);
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid-data', cause: expect.any(z.ZodError) });
    }
  });
});
