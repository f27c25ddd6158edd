#!/usr/bin/env node
/**
 * Where `phiz` starts: tells versions of Node that are too old so, before anything is loaded that they cannot read; program.ts does the
 * rest. Nothing may be imported here but by `import()`.
 */

/** As in package.json; a test holds the two together. */
const OLDEST = [20, 19] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(`phiz: Node ${OLDEST.join('.')} or later is needed; this is ${process.versions.node}\n`);
  process.exitCode = 1;
} else await import('./program.js');

export {};
