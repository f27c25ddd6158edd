/**
 * `npm run mutate`: faults are put into the built code one by one, and the unit tests that reach each are run; a fault that no test
 * notices survives. Takes hours for everything; `npm run mutate -- --mutate dist/train/trainer.js` takes one file. What was tried before
 * and has not changed since is not tried again. Child processes and threads of a test do not see the faults.
 */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'vitest.unit.config.ts' },
  mutate: ['dist/{core,detect,classify,attributes,analyze,train}/**/*.js'],
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // The wording of a message is not what is tested; that one comes is.
  mutator: { excludedMutations: ['StringLiteral'] },
  // TypeScript 7 has no interface for programs, by which Stryker would rewrite its settings.
  tsconfigFile: 'none.json',
  ignorePatterns: ['bench/peers', 'runs', 'build'],
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  clearTextReporter: { allowEmojis: false, logTests: false },
  htmlReporter: { fileName: 'build/mutation/report.html' },
  jsonReporter: { fileName: 'build/mutation/report.json' },
  tempDirName: 'build/mutation/sandbox',
  incremental: true,
  incrementalFile: 'build/mutation/incremental.json',
  allowEmpty: true,
};
