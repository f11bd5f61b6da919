// A new version under load: failed requests and the slowest of `daemonium upgrade`, of pm2's cluster mode (reload) and of a restart by pm2 and runit.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { findPm2, MAIN, median } from './support/command.mjs';
import { ask, isInstalled, Service } from './support/peers.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 10);
const CLIENTS = 4;

const WAYS = {
  daemonium: () => [process.execPath, MAIN, 'upgrade', 'web'],
  ...(findPm2() === undefined
    ? {}
    : { 'pm2, cluster': () => [findPm2(), 'reload', 'web'], 'pm2, fork': () => [findPm2(), 'restart', 'web'] }),
  ...(isInstalled('sv') ? { runit: ({ home }) => ['sv', '-w', '10', 'restart', home.path('service')] } : {}),
};

/** Beside the clients, which would stand still while a command is waited for. */
async function command([file, ...words], { env, directory }) {
  const child = spawn(file, words, { env, cwd: directory, stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${file} ${words.join(' ')} ended with ${code}`);
}

async function measure(way) {
  const service = await Service.start(way);
  const { port, home } = service;
  const times = [];
  let failed = 0;
  let isOver = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver) {
      const began = performance.now();
      await ask(port).then(
        () => times.push(performance.now() - began),
        () => failed++,
      );
    }
  });
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const before = await answering(port);
      await command(WAYS[way](service), home);
      await another(port, before);
    }
  } finally {
    isOver = true;
    await Promise.all(clients);
    await service.stop();
  }
  return { failed, requests: times.length, usual: median(times), slowest: Math.max(...times) };
}

async function answering(port) {
  for (;;) {
    const pid = await ask(port).catch(() => 0);
    if (pid !== 0) return pid;
  }
}

async function another(port, before) {
  while ((await answering(port)) === before);
}

export async function run() {
  const figures = {};
  let errors = 0;
  for (const way of Object.keys(WAYS)) {
    const { failed, requests, usual, slowest } = await measure(way);
    if (way === 'daemonium') errors = failed;
    figures[`${way}: failed requests`] = failed;
    figures[`${way}: requests`] = requests;
    figures[`${way}: usual request, ms`] = usual;
    figures[`${way}: slowest request, ms`] = slowest;
  }
  return { name: `${ROUNDS} new versions under load`, figures, target: 'daemonium: 0 failed requests', pass: errors === 0 };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
