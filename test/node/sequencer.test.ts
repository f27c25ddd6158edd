/** The order of test files: the long ones first, each of which there is. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { LONGEST } from '../sequencer.js';

it('names test files that there are, each once', () => {
  const tests = import.meta.dirname;
  const files = [tests, join(tests, '../browser')]
    .flatMap((folder) => readdirSync(folder))
    .map((name) => basename(name, '.test.ts'));
  expect(LONGEST.filter((name) => !files.includes(name))).toEqual([]);
  expect(new Set(LONGEST).size).toBe(LONGEST.length);
});
