// What a lease costs in memory: in a process that holds it, beside the same process with an engine that connects to no server, and in a daemon that leads or
// stands by, beside the same daemon without a lease.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { ENGINES, holder, inBox, now, skipped, until, withServers, worst } from './support/lease-support.mjs';
import { median, runAlone } from './support/lock-support.mjs';

const TIMES = 3;
const RENEWALS_MS = 2_000;
const name = 'lease: idle memory';
const OPTIONS = { duration: 10_000, renewEvery: 300, giveUp: 9_000, killAt: null };

/** In MB. */
function memory(pid) {
  const [, kilobytes] = /^Rss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return Number(kilobytes) / 1024;
}

/** After some renewals, or looks. */
async function idle(pid) {
  const began = now();
  await until(() => now() > began + RENEWALS_MS, { what: 'some renewals' });
  return memory(pid);
}

async function ofHolder(box, order) {
  const values = [];
  for (let time = 0; time < TIMES; time++) {
    const held = holder(box, { key: `bench/${time}`, options: OPTIONS, ...order });
    await held.hears('held');
    values.push(await idle(held.pid));
    await held.kill();
  }
  return median(values);
}

let hosts = 0;

/** @param sign a line of the daemon's state file or of its events */
async function daemon(box, order, sign) {
  const directory = box.path(`host-${++hosts}`);
  mkdirSync(directory);
  const json = JSON.stringify({ ...order, times: OPTIONS, options: { detach: true } });
  const { code, stderr } = await box.spawn('lease-daemon', { args: [directory, json] }).finished;
  if (code !== 0) throw new Error(stderr);
  const text = (file) => (existsSync(`${directory}/${file}`) ? readFileSync(`${directory}/${file}`, 'utf8') : '');
  await until(() => sign.test(text('events') + text('daemon.state')), { what: `${sign} of a daemon` });
  return Number(text('daemon.pid'));
}

/** Of a daemon that leads, and of one beside it that stands by. */
async function ofDaemons(box, order) {
  const leading = [];
  const standby = [];
  for (let time = 0; time < TIMES; time++) {
    const own = { ...order, key: `bench/daemon/${time}` };
    const pids = [await daemon(box, own, /^run /m)];
    if (order.engine !== 'none') pids.push(await daemon(box, own, /"state":"standby"/));
    const [leads, standsBy] = await Promise.all(pids.map(idle));
    leading.push(leads);
    standby.push(standsBy);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  }
  return { leading: median(leading), standby: median(standby) };
}

export async function run() {
  return (
    skipped(name) ??
    inBox(async (box) => {
      const { url } = await withServers(box);
      const bare = await ofHolder(box, { engine: 'silent' });
      const without = (await ofDaemons(box, { engine: 'none' })).leading;
      const figures = { 'a process without an engine, MB': bare, 'a daemon without a lease, MB': without };
      for (const engine of ENGINES) {
        figures[`${engine}: a process, MB more`] = (await ofHolder(box, { engine, url: url(engine) })) - bare;
        const { leading, standby } = await ofDaemons(box, { engine, url: url(engine) });
        figures[`${engine}: a daemon that leads, MB more`] = leading - without;
        figures[`${engine}: a daemon that stands by, MB more`] = standby - without;
      }
      return {
        name,
        figures,
        target: 'etcd <= 5, postgres <= 15',
        pass: worst(figures, 'etcd: a') <= 5 && worst(figures, 'postgres: a') <= 15,
      };
    })
  );
}

await runAlone(import.meta.url, run);
