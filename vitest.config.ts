/** How tests run: against the built code in dist/, so run `tsc -b` first (`npm test` does). */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{node,browser}/**/*.test.ts'],
    reporters: ['default', './test/reporter.ts'],
    // Generous, since tests start processes and the machine may be busy: a limit is there for what hangs, not for what is slow.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
