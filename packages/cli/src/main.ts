#!/usr/bin/env node
import { run } from './command-line/run.ts';

// The reader of our output may stop reading, as head(1) does.
function onError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

process.stdout.on('error', onError);
await run(process.argv.slice(2));
// In the foreground this process is the program now, and the output is the program's.
if (process.exitCode === undefined) process.stdout.off('error', onError);
