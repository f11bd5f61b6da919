#!/usr/bin/env node
import { run } from './command-line/run.ts';
import { endWithOutput, leaveOutput } from './terminal/output.ts';

await run(process.argv.slice(2));
// In the foreground this process is the program now, and the output is the program's.
if (process.exitCode === undefined) leaveOutput();
else endWithOutput();
