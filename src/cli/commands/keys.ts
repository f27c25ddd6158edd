/** `phiz keys`: the API keys of `phiz serve`: created, listed, revoked. */
import type { Command } from 'commander';

interface FileOption {
  readonly file: string;
}

export function register(program: Command): void {
  const keys = program
    .command('keys')
    .summary('create, list and revoke the API keys of phiz serve')
    .description(
      'Keeps the file of API keys that `phiz serve --api-key-file` reads. It holds names and hashes, never a key. A service that runs ' +
        'takes changes up by itself.',
    );
  const file = ['--file <file>', 'the file of keys'] as const;
  keys
    .command('create')
    .summary('make a key and print it, once')
    .description('Makes a key, enters it into the file and prints it. It cannot be shown again.')
    .argument('<name>', 'what the key is called in the file')
    .requiredOption(...file)
    .option('--admin', 'may also read and delete the jobs of other keys')
    .action(async (name: string, { file: path, admin = false }: FileOption & { readonly admin?: boolean }) => {
      const { createKey } = await import('../../server/key-file.js');
      process.stdout.write(`${await createKey(path, name, { admin })}\n`);
    });
  keys
    .command('list')
    .summary('list names and kinds')
    .description('Lists the keys of the file: name, kind, and when it was made.')
    .requiredOption(...file)
    .action(async ({ file: path }: FileOption) => {
      const { readKeyFile } = await import('../../server/key-file.js');
      for (const { name, admin, created } of await readKeyFile(path))
        process.stdout.write(`${name}\t${admin ? 'admin' : 'user'}\t${created}\n`);
    });
  keys
    .command('revoke')
    .summary('take a key out of the file')
    .description('Takes a key out of the file. Its jobs stay until they expire; administrators can read and delete them.')
    .argument('<name>', 'from "phiz keys list"')
    .requiredOption(...file)
    .action(async (name: string, { file: path }: FileOption) => {
      const { revokeKey } = await import('../../server/key-file.js');
      await revokeKey(path, name);
    });
}
