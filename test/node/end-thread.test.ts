/** Threads that nothing can end, since they are inside native code for ever: whoever started them goes on, and the process ends all the same. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const module = new URL('../../dist/node/threads/end-thread.js', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'phiz-stuck-'));
const pipe = join(folder, 'pipe');
if (process.platform !== 'win32') execFileSync('mkfifo', [pipe]);
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a program that has a thread: one that waits inside `read` for what nobody writes, or one that waits for messages. */
function run(stuck: boolean, ending: string): Promise<{ code: number | null; signal: string | null; out: string }> {
  const thread = stuck
    ? `import * as fs from 'node:fs'; const file = fs.openSync(${JSON.stringify(pipe)}, 'r+'); tell(); fs.readSync(file, Buffer.alloc(1));`
    : 'tell(); setInterval(() => {}, 1000);';
  const program = `
    import { Worker } from 'node:worker_threads';
    import { endProcess, endThread, hasStuckThreads } from ${JSON.stringify(module)};
    const worker = new Worker(${JSON.stringify(`import { parentPort } from 'node:worker_threads'; const tell = () => parentPort.postMessage(0); ${thread}`)}, { eval: true });
    await new Promise((resolve) => worker.once('message', resolve));
    await new Promise((resolve) => setTimeout(resolve, 100));
    ${ending}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal, out })));
}

const END = `await endThread(worker, 300); process.stdout.write(String(hasStuckThreads()) + '\\n');`;

describe.skipIf(process.platform === 'win32')('a thread', () => {
  it('that is stuck is given up, and the process ends at once', async () => {
    const { code, signal, out } = await run(true, `${END} endProcess(1);`);
    expect(out).toBe('true\n');
    // By execve where Node has it, which keeps the code.
    expect([code, signal]).toEqual('execve' in process ? [1, null] : [null, 'SIGKILL']);
  });

  it('that is not stuck ends, and the process with its code', async () => {
    const { code, out } = await run(false, `${END} endProcess(3);`);
    expect([code, out]).toEqual([3, 'false\n']);
  });
});
