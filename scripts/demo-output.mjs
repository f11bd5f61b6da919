// What the demo prints: what it runs, what that says, and what the system says, with a mark for right or wrong.
import { spawn } from 'node:child_process';
import { root } from './install.mjs';
import { StepFailed } from './progress.mjs';

let failed = false;

export const hasFailed = () => failed;
export const heading = (text) => console.log(`\n${text}`);
export const say = (label, text) => console.log(`   ${label.padEnd(13)}${text}`);
export const quote = (text) => console.log(text.trimEnd().replace(/^/gm, '   | '));

export function check(label, isRight, text) {
  if (!isRight) failed = true;
  console.log(` ${isRight ? '✓' : '✗'} ${label.padEnd(13)}${text}`);
}

/** Runs a script of Node.js, shown as `shown`, and quotes what it prints. */
export async function run(shown, args, env) {
  console.log(`   $ ${shown}`);
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const status = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StepFailed(`'${shown}' did not end within 30 s\n${output}`)), 30_000);
    child.once('error', reject).once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(code ?? signal);
    });
  });
  if (output !== '') quote(output);
  return { status, output, pid: child.pid, milliseconds: Math.round(performance.now() - started) };
}
