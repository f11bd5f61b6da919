#!/usr/bin/env node
import { run } from './command-line/run.ts';

// The reader of our output may stop reading, as head(1) does; a terminal may be gone (EIO), and SIGHUP tells so.
function onError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EIO') return;
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

/** What is told beside the answer never keeps the command from its work. */
function ignore(): void {}

process.stdout.on('error', onError);
process.stderr.on('error', ignore);
await run(process.argv.slice(2));
// In the foreground this process is the program now, and the output is the program's.
if (process.exitCode === undefined) {
  process.stdout.off('error', onError);
  process.stderr.off('error', ignore);
}
