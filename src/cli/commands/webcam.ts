/** `phiz webcam`: the web page for camera, photos and clips, served to this machine. src/node/page/static-page.ts does the work. */
import type { Command } from 'commander';
import { portNumber } from '../options.js';

interface WebcamFlags {
  readonly port: number;
  readonly open: boolean;
}

export function register(program: Command): void {
  program
    .command('webcam')
    .summary('open the page that reads faces in the camera, in photos and in clips')
    .description(
      'Serves a page at 127.0.0.1 and opens it in the browser. The networks run in the page: no image leaves the machine. ' +
        'Ends with Ctrl-C.',
    )
    .option('--port <n>', 'port on localhost; 0 takes a free one', portNumber, 8090)
    .option('--no-open', 'print the address, open no browser')
    .action(async ({ port, open }: WebcamFlags) => {
      const [{ ensurePage }, { servePage }, { stopOnSignals, signalExitCode }] = await Promise.all([
        import('../../node/page/build-page.js'),
        import('../../node/page/static-page.js'),
        import('../signals.js'),
      ]);
      await ensurePage({ onBuild: () => process.stderr.write('phiz: building the page, once\n') });
      using stop = stopOnSignals();
      await using server = await servePage({ port });
      process.stdout.write(`${server.url}\n`);
      process.stderr.write('phiz: serving the page to this machine; Ctrl-C ends\n');
      if (open) {
        const { openBrowser } = await import('../../node/page/open-browser.js');
        openBrowser(server.url);
      }
      await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
      if (stop.signalled) process.exitCode = signalExitCode(stop.signalled);
    });
}
