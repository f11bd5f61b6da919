// A service that kill -9 hits: how long until the next answer, and how many clients were refused, beside pm2, runit and s6.
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findPm2, median } from './support/command.mjs';
import { ask, isInstalled, Service } from './support/peers.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
/** runit and s6 start a service once a second at most. A run that lasted longer waits for nothing. */
const LIFE = 1_200;
const ASK_EVERY = 5;

/** Asks all the time, as clients do. Gives the ms until another process answers, and the requests that failed. */
async function killed(port) {
  const victim = await ask(port);
  const began = performance.now();
  process.kill(victim, 'SIGKILL');
  let refused = 0;
  for (;;) {
    const pid = await ask(port).catch(() => 0);
    if (pid !== 0 && pid !== victim) return { took: performance.now() - began, refused };
    if (pid === 0) refused++;
    await pause(ASK_EVERY);
  }
}

/** A service of its own for each kill: what crashes again and again is started later and later. */
async function measure(way, options) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const service = await Service.start(way, options);
    try {
      await pause(LIFE);
      rounds.push(await killed(service.port));
    } finally {
      await service.stop();
    }
  }
  return { took: median(rounds.map(({ took }) => took)), refused: median(rounds.map(({ refused }) => refused)) };
}

export async function run() {
  const ways = {
    daemonium: { words: ['--respawn'] },
    ...(findPm2() === undefined ? {} : { 'pm2, fork': {} }),
    ...(isInstalled('runsv') ? { runit: {} } : {}),
    ...(isInstalled('s6-supervise') ? { s6: {} } : {}),
  };
  const figures = {};
  for (const [way, options] of Object.entries(ways)) {
    const { took, refused } = await measure(way, options);
    figures[`${way}: to the next answer, ms`] = took;
    figures[`${way}: failed requests of a kill`] = refused;
  }
  // The request that the killed process was about to answer may fail. None is refused.
  const pass = figures['daemonium: failed requests of a kill'] <= 1;
  return { name: 'back after kill -9', figures, target: 'daemonium: 1 failed request at most', pass };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
