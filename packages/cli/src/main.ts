#!/usr/bin/env node
import { run } from './command-line/run.ts';
import { ignoreError } from './terminal/output.ts';

// The reader of our output may stop reading, as head(1) does; a terminal may be gone (EIO), and SIGHUP tells so.
function onError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EIO') return;
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

process.stdout.on('error', onError);
await run(process.argv.slice(2));
// In the foreground this process is the program now, and the output is the program's.
if (process.exitCode === undefined) {
  process.stdout.off('error', onError);
  process.stderr.off('error', ignoreError);
}
