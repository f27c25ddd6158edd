/**
 * How tests run: against the built code in dist/, so run `tsc -b` first (`npm test` does). Two projects, so that either can be run
 * alone: `unit` (vitest.unit.config.ts), which stays in one process, and `slow`, which starts processes and browsers, decodes clips,
 * trains, or reads data sets.
 */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import LongestFirst from './test/sequencer.js';
import { LIMITS, SLOW } from './vitest.unit.config.js';

export default defineConfig({
  test: {
    projects: ['vitest.unit.config.ts', { test: { ...LIMITS, name: 'slow', include: SLOW } }],
    // Tests of processes, services and browsers wait a fifth of their time and more: three files at once keep two cores busy.
    maxWorkers: Math.max(availableParallelism() - 1, 3),
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['dist/**/*.js'],
      reporter: ['text', 'html', 'json-summary'],
      reportsDirectory: 'build/coverage',
    },
  },
});
