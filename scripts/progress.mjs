// One line for a step that takes long: a spinner on a terminal, a line at the start, every ten seconds and at the end elsewhere.
import { spawn } from 'node:child_process';

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

function progressLine(title) {
  const started = performance.now();
  const { stdout } = process;
  if (!stdout.isTTY) {
    console.log(`${title} ...`);
    const timer = setInterval(() => console.log(`${title} ... ${seconds(started)}`), 10_000);
    return (word) => {
      clearInterval(timer);
      console.log(`${title}: ${word} (${seconds(started)})`);
    };
  }
  let frame = 0;
  const timer = setInterval(() => stdout.write(`\r${FRAMES[frame++ % FRAMES.length]} ${title} ${seconds(started)}`), 80);
  return (word) => {
    clearInterval(timer);
    stdout.write(`\r\x1b[K${title}: ${word} (${seconds(started)})\n`);
  };
}

/** Runs a command behind a progress line. Its output is shown only when it fails. */
export async function runQuietly(title, command, args, options) {
  const end = progressLine(title);
  let output = '';
  const status = await new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  end(status === 0 ? 'done' : 'failed');
  if (status !== 0) {
    throw new StepFailed(`${[command, ...args].join(' ')}: ${typeof status === 'number' ? `exit ${status}` : status}\n${output}`);
  }
  return output;
}

/** Runs a command in the foreground under a heading; its output is ours. */
export async function runVisibly(title, command, args, options) {
  const started = performance.now();
  console.log(`\n=== ${title}`);
  const status = await new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  if (status !== 0)
    throw new StepFailed(`${title} failed (${typeof status === 'number' ? `exit ${status}` : status}, ${seconds(started)})`);
}

/** The message is all there is to say; a stack would point at these scripts, which are not at fault. */
export class StepFailed extends Error {}

/** Runs the steps of a script, and turns the failure of one into a message and exit code 1. */
export async function main(steps) {
  try {
    await steps();
  } catch (error) {
    console.error(error instanceof StepFailed ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
