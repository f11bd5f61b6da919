// How long a key is without a holder: after a release, after a kill -9 elsewhere, and when the next one is on the same host.

import { ENGINES, holder, inBox, now, skipped, withServers, worst } from './support/lease-support.mjs';
import { median, runAlone } from './support/lock-support.mjs';

const RELEASES = 20;
const RESTARTS = 10;
const KILLS = 3;
const DURATION = 4_000;

const name = 'lease: until the next holder has it';

async function afterReleases(box, order) {
  const took = [];
  let first = holder(box, order);
  await first.hears('held');
  for (let time = 0; time < RELEASES; time++) {
    const next = holder(box, order);
    await next.hears('standby');
    const at = now();
    first.tell('release');
    took.push((await next.hears('held')).at - at);
    await first.kill();
    first = next;
  }
  await first.kill();
  return median(took);
}

async function afterRestarts(box, order) {
  const took = [];
  let first = holder(box, order);
  for (let time = 0; time < RESTARTS; time++) {
    const { token } = await first.hears('held');
    await first.kill();
    first = holder(box, { ...order, predecessor: token });
    const { at } = await first.hears('asking');
    took.push((await first.hears('held')).at - at);
  }
  await first.kill();
  return median(took);
}

async function afterKills(box, order) {
  const took = await Promise.all(
    Array.from({ length: KILLS }, async (_, index) => {
      const own = { ...order, key: `${order.key}/${index}`, options: { duration: DURATION } };
      const first = holder(box, own);
      await first.hears('held');
      const next = holder(box, own);
      await next.hears('standby');
      const at = now();
      await first.kill();
      return (await next.hears('held')).at - at - DURATION;
    }),
  );
  return Math.max(...took);
}

export async function run() {
  return (
    skipped(name) ??
    inBox(async (box) => {
      const { url } = await withServers(box);
      const figures = {};
      for (const engine of ENGINES) {
        const order = { key: `bench/${engine}`, engine, url: url(engine), options: { duration: 60_000 } };
        figures[`${engine}: after a release, ms (median)`] = await afterReleases(box, order);
        figures[`${engine}: restart on the same host, ms (median)`] = await afterRestarts(box, { ...order, key: `${order.key}/restarts` });
        figures[`${engine}: after a kill -9, ms beyond the duration (worst)`] = await afterKills(box, order);
      }
      return {
        name,
        figures,
        target: '<= 50 ms; <= 100 ms; <= 500 ms',
        pass: worst(figures, 'release') <= 50 && worst(figures, 'same host') <= 100 && worst(figures, 'kill -9') <= 500,
      };
    })
  );
}

await runAlone(import.meta.url, run);
