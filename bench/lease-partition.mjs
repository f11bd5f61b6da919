// 100 partitions: is the holder done before another begins, and by how much? Beside npm `etcd3`. BENCH_PARTITIONS=10 makes fewer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ENGINES, holder, inBox, inParallel, pause, skipped, startProxy, withServers } from './support/lease-support.mjs';
import { runAlone } from './support/lock-support.mjs';

const PARTITIONS = Number(process.env.BENCH_PARTITIONS ?? 100);
const PARALLEL = 5;
const DURATION = 4_000;
const OTHERS = 3;
const WAYS = ['to', 'from', 'both'];
const name = `lease: ${PARTITIONS} partitions`;

/** How long before the next holder began the old one had stopped, in ms; below 0 there were two. */
async function partition(box, { ports, url }, index) {
  const engine = ENGINES[index % ENGINES.length];
  const closing = [];
  const proxy = await startProxy(ports[engine], (close) => closing.push(close));
  const order = { key: `bench/partition/${index}`, engine, options: { duration: DURATION } };
  const far = holder(box, { ...order, url: url(engine, proxy.port) });
  await far.hears('held');
  const near = holder(box, { ...order, url: url(engine) });
  await near.hears('standby');
  // Anywhere between two renewals.
  await pause(Math.random() * 1_000);
  proxy.cut(WAYS[index % WAYS.length]);
  const [lost, held] = await Promise.all([far.hears('lost'), near.hears('held')]);
  await near.kill();
  for (const close of closing) close();
  return held.at - lost.at;
}

const etcd3 = fileURLToPath(new URL('programs/etcd3-holder.mjs', import.meta.url));

function other(box, host) {
  const child = spawn(process.execPath, [etcd3, host, 'bench/etcd3', String(DURATION)], {
    env: { ...process.env, ...box.tokenEnv },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = {};
  createInterface(child.stdout).on('line', (line) => {
    const { what, at } = JSON.parse(line);
    said[what] = at;
    child.emit(what);
  });
  const hears = async (what) => {
    if (said[what] === undefined) await once(child, what);
    return said[what];
  };
  return { child, hears };
}

/** The same with npm `etcd3`. */
async function partitionOfAnother(box, { ports }) {
  const closing = [];
  const proxy = await startProxy(ports.etcd, (close) => closing.push(close));
  const far = other(box, `http://127.0.0.1:${proxy.port}`);
  await far.hears('held');
  const near = other(box, `http://127.0.0.1:${ports.etcd}`);
  await near.hears('standby');
  await pause(Math.random() * 1_000);
  proxy.cut('both');
  const [lost, held] = await Promise.all([far.hears('lost'), near.hears('held')]);
  near.child.kill('SIGKILL');
  far.child.kill('SIGKILL');
  for (const close of closing) close();
  await pause(DURATION + 2_000);
  return held - lost;
}

export async function run() {
  return (
    skipped(name) ??
    inBox(async (box) => {
      const servers = await withServers(box);
      const margins = await inParallel(PARTITIONS, PARALLEL, (index) => partition(box, servers, index));
      const others = await inParallel(OTHERS, 1, () => partitionOfAnother(box, servers));
      const safe = margins.filter((margin) => margin > 0).length;
      return {
        name,
        figures: {
          'lost before another had it': safe,
          'least margin, ms': Math.min(...margins),
          [`npm etcd3, of ${OTHERS}: lost before`]: others.filter((margin) => margin > 0).length,
          'npm etcd3: two owners for up to, ms': -Math.min(...others, 0),
        },
        target: `all, by at least ${DURATION / 4} ms`,
        pass: safe === PARTITIONS && Math.min(...margins) >= DURATION / 4,
      };
    })
  );
}

await runAlone(import.meta.url, run);
