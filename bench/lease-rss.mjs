// The memory that a held lease costs, beside the same process with an engine that connects to no server.
import { readFileSync } from 'node:fs';
import { ENGINES, holder, inBox, now, skipped, until, withServers } from './support/lease-support.mjs';
import { median, runAlone } from './support/lock-support.mjs';

const TIMES = 3;
const RENEWALS_MS = 2_000;
const name = 'lease: idle memory';

/** In MB. */
function memory(pid) {
  const [, kilobytes] = /^Rss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return Number(kilobytes) / 1024;
}

async function idle(box, order) {
  const values = [];
  for (let time = 0; time < TIMES; time++) {
    const held = holder(box, {
      key: `bench/${time}`,
      options: { duration: 10_000, renewEvery: 300, giveUp: 9_000, killAt: null },
      ...order,
    });
    const { at } = await held.hears('held');
    await until(() => now() > at + RENEWALS_MS, { what: 'some renewals' });
    values.push(memory(held.pid));
    await held.kill();
  }
  return median(values);
}

export async function run() {
  return (
    skipped(name) ??
    inBox(async (box) => {
      const { url } = await withServers(box);
      const bare = await idle(box, { engine: 'silent' });
      const figures = { 'without an engine, MB': bare };
      for (const engine of ENGINES) figures[`${engine}, MB more`] = (await idle(box, { engine, url: url(engine) })) - bare;
      return {
        name,
        figures,
        target: 'etcd <= 5, postgres <= 15',
        pass: figures['etcd, MB more'] <= 5 && figures['postgres, MB more'] <= 15,
      };
    })
  );
}

await runAlone(import.meta.url, run);
