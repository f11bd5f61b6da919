// One program for the terminal and for the background: `node examples/dist/05-foreground-switch.js [--foreground]`
import { PidLockFile } from '@daemonium/core';
import { Daemon } from '@daemonium/daemon';

const foreground = process.argv.includes('--foreground');

// The lock first: whoever is second is told so at once, in the terminal.
const pidFile = new PidLockFile(`${import.meta.dirname}/switch.pid`);
pidFile.acquire();

const daemon = new Daemon({ pidFile, stdout: `${import.meta.dirname}/switch.log`, stderr: `${import.meta.dirname}/switch.log` });

if (foreground) {
  // No stages: umask, directory and streams stay as they are.
  pidFile.seal();
  process.once('SIGINT', () => process.exit()).once('exit', () => pidFile.release());
} else {
  // The launcher ends in here; the daemon goes on.
  await daemon.activate();
}

console.log(`at work as ${foreground ? 'an ordinary process' : `a ${daemon.role}`}, pid ${pidFile.readPid()}`);
setInterval(() => console.log(new Date().toISOString()), 1_000);
