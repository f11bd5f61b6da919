// How long after killAt a holder that is cut off is dead: idle, in an endless loop, stopped.

import { holder, inBox, inParallel, now } from './support/lease-support.mjs';
import { runAlone } from './support/lock-support.mjs';

const TIMES = 10;
const ORDER = { key: 'key', engine: 'silent', stays: true, options: { duration: 1_500, giveUp: 500, killAt: 1_000 } };
const STATES = {
  idle: () => {},
  busy: (silent) => silent.tell('busy'),
  stopped: (silent) => silent.process.child.kill('SIGSTOP'),
};

async function late(box, act) {
  const silent = holder(box, ORDER);
  const ended = new Promise((resolve) => silent.process.child.once('exit', (_code, signal) => resolve([now(), signal])));
  const { at, killIn } = await silent.hears('held');
  act(silent);
  const [end, signal] = await ended;
  if (signal !== 'SIGKILL') throw new Error(`ended by ${signal}`);
  return end - at - killIn;
}

export async function run() {
  return inBox(async (box) => {
    const figures = {};
    for (const [state, act] of Object.entries(STATES)) {
      const results = await inParallel(TIMES, 2, () => late(box, act));
      figures[`${state}: dead after killAt, ms (worst of ${TIMES})`] = Math.max(...results);
    }
    return {
      name: 'lease: the kill timer',
      figures,
      target: '<= 50 ms',
      pass: Object.values(figures).every((value) => value <= 50),
    };
  });
}

await runAlone(import.meta.url, run);
