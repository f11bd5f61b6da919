// How long a cluster is without its daemon: from SIGTERM of the one that leads to run() on the next host, and from a start after kill -9 on the same host to its run().
import { existsSync, mkdirSync, readFileSync, watch } from 'node:fs';
import { ENGINES, inBox, now, skipped, until, withServers, worst } from './support/lease-support.mjs';
import { median, runAlone } from './support/lock-support.mjs';

const HAND_OVERS = 10;
const RESTARTS = 5;
const name = 'lease: a daemon, until the next run()';

/** A host with a daemon: when its n-th `run()` began, seen in its file. */
function host(box, holder, order) {
  const directory = box.path(`${order.engine}-${holder}`);
  mkdirSync(directory, { recursive: true });
  const began = [];
  const look = () => {
    const text = existsSync(`${directory}/events`) ? readFileSync(`${directory}/events`, 'utf8') : '';
    for (const count = text.match(/^run /gm)?.length ?? 0; began.length < count; ) began.push(now());
  };
  const watcher = watch(directory, look);
  const json = JSON.stringify({ ...order, times: { holder, duration: 60_000 }, options: { detach: true } });
  const start = async () => {
    const { code, stderr } = await box.spawn('lease-daemon', { args: [directory, json] }).finished;
    if (code !== 0) throw new Error(stderr);
  };
  const pid = () => Number(readFileSync(`${directory}/daemon.pid`, 'utf8'));
  const run = async (count) => {
    await until(() => began.length >= count, { what: `run ${count} of ${holder}` });
    return began[count - 1];
  };
  return { began, start, run, kill: (signal) => process.kill(pid(), signal), close: () => watcher.close() };
}

async function afterSigterm(box, order) {
  const hosts = [host(box, 'a', order), host(box, 'b', order)];
  const took = [];
  await hosts[0].start();
  await hosts[0].run(1);
  for (let time = 0; time < HAND_OVERS; time++) {
    const [first, next] = time % 2 === 0 ? hosts : hosts.toReversed();
    const runs = next.began.length;
    await next.start();
    const at = now();
    first.kill('SIGTERM');
    took.push((await next.run(runs + 1)) - at);
  }
  for (const { close } of hosts) close();
  return median(took);
}

/** From the end of the old to run(), less what the same start takes with a lease that is free. */
async function afterKill(box, order) {
  const one = host(box, 'c', order);
  const starts = async (runs) => {
    const at = now();
    await one.start();
    return (await one.run(runs)) - at;
  };
  const free = [];
  const held = [];
  for (let time = 0; time < RESTARTS; time++) {
    free.push(await starts(2 * time + 1));
    one.kill('SIGKILL');
    held.push(await starts(2 * time + 2));
    one.kill('SIGTERM');
    await until(() => !existsSync(`${box.path(`${order.engine}-c`)}/daemon.pid`), { what: 'the end' });
  }
  one.close();
  return median(held) - median(free);
}

export async function run() {
  return (
    skipped(name) ??
    inBox(async (box) => {
      const { url } = await withServers(box);
      const figures = {};
      for (const engine of ENGINES) {
        const order = { engine, url: url(engine), key: `bench/${engine}` };
        figures[`${engine}: SIGTERM to run() on the next host, ms (median)`] = await afterSigterm(box, order);
        figures[`${engine}: start after kill -9, ms more than with a free lease`] = await afterKill(box, {
          ...order,
          key: `${order.key}/restart`,
        });
      }
      return { name, figures, target: '<= 50 ms; <= 100 ms', pass: worst(figures, 'SIGTERM') <= 50 && worst(figures, 'kill -9') <= 100 };
    })
  );
}

await runAlone(import.meta.url, run);
