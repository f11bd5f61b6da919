// `daemonium logs -f` of four daemons that write 10,000 lines a second each: whether a line is lost.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Home, MAIN } from './support/command.mjs';

const WRITERS = 4;
const RATE = 10_000;
const SECONDS = 5;

/** It begins at SIGHUP, so that all logs are being followed by then. */
const WRITER = `
  const { writeSync } = require('node:fs');
  let line = 0;
  process.once('SIGHUP', () => {
    const began = performance.now();
    const timer = setInterval(() => {
      const due = Math.min(${RATE * SECONDS}, Math.floor(((performance.now() - began) / 1000) * ${RATE}));
      let text = '';
      for (; line < due; line += 1) text += 'line ' + line + '\\n';
      if (text !== '') writeSync(1, text);
      if (line === ${RATE * SECONDS}) clearInterval(timer);
    }, 10);
  });
  setInterval(() => {}, 60_000);
  console.log('begin');
`;

export async function run() {
  const home = new Home();
  let following;
  try {
    const writer = home.program('writer.cjs', WRITER);
    for (let index = 0; index < WRITERS; index++) home.daemonium('start', writer, '--name', `w${index}`);
    following = spawn(process.execPath, [MAIN, 'logs', '-f', '-n', '1'], { env: home.env, stdio: ['ignore', 'pipe', 'inherit'] });
    const next = new Map();
    let disorder = 0;
    let rest = '';
    const count = (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        const [name, , word, number] = line.split(' ');
        if (word === 'begin') next.set(name, 0);
        else if (next.get(name) !== Number(number)) disorder += 1;
        else next.set(name, Number(number) + 1);
      }
    };
    following.stdout.setEncoding('utf8').on('data', count);
    await until(() => next.size === WRITERS, 30_000);
    const began = performance.now();
    home.daemonium('reload', 'all');
    const total = () => [...next.values()].reduce((sum, value) => sum + value, 0);
    await until(() => total() + disorder === WRITERS * RATE * SECONDS, SECONDS * 1000 + 30_000);
    const figures = {
      lost: WRITERS * RATE * SECONDS - total(),
      'out of order': disorder,
      lines: total(),
      seconds: (performance.now() - began) / 1000,
    };
    return { name: 'daemonium logs -f of 4 x 10,000 lines/s', figures, target: 'lost = 0', pass: figures.lost === 0 && disorder === 0 };
  } finally {
    following?.kill();
    home[Symbol.dispose]();
  }
}

async function until(condition, deadline) {
  for (const end = performance.now() + deadline; !condition() && performance.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 20));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
