// The demo's part about the command: a program that knows nothing of Daemonium is started, listed, upgraded under load and stopped.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { check, heading, run, say } from './demo-output.mjs';
import { root } from './install.mjs';

const main = join(root, 'packages/cli/dist/main.js');
const CLIENTS = 4;

const program = (version) => `const { createServer } = require('node:http');
const server = createServer((_request, response) => response.end('version ${version}'));
server.listen(process.env.PORT, '127.0.0.1', () => console.log('listening'));
`;

export async function showCommand(system, directory, environment) {
  const script = join(directory, 'server.js');
  const port = await system.freePort();
  const env = { ...environment, PORT: String(port), HOME: directory, XDG_STATE_HOME: join(directory, 'state') };
  const daemonium = (...args) => run(`daemonium ${args.join(' ')}`, [main, ...args], env);

  heading('1. The command: a program that knows nothing of Daemonium');
  writeFileSync(script, program(1));
  const start = await daemonium('start', script, '--ready', 'listening');
  const pid = Number(/pid (\d+)/.exec(start.output)?.[1]);
  check('started', start.status === 0 && system.isRunning(pid), `${pid} runs, after ${start.milliseconds} ms`);
  if (start.status !== 0) return;
  const list = await daemonium('list');
  check('listed', new RegExp(`server +running +${pid} `).test(list.output), `under its name, with pid ${pid}`);
  // It is ready a moment before the program prints that.
  const log = join(env.XDG_STATE_HOME, 'daemonium/logs/server.log');
  await system.until(() => readFileSync(log, 'utf8') !== '', { what: 'a line in the log' });
  const logs = await daemonium('logs', 'server');
  check('log', logs.output === 'listening\n', 'has what the program prints');

  heading(`2. A new version takes over, while ${CLIENTS} clients ask without a pause`);
  writeFileSync(script, program(2));
  say('server.js', 'is version 2 now; the process that runs is still version 1');
  const load = askOn(`http://127.0.0.1:${port}/`);
  await system.until(() => (load.answers.get('version 1') ?? 0) > 100, { what: '100 answers of version 1' });
  const upgrade = await daemonium('upgrade', 'server');
  const before = load.answers.get('version 2') ?? 0;
  await system.until(() => (load.answers.get('version 2') ?? 0) > before + 100, { what: '100 answers of version 2' });
  await load.end();
  const successor = Number(/pid (\d+)/.exec(upgrade.output)?.[1]);
  check(
    'upgraded',
    upgrade.status === 0 && successor !== pid,
    `${successor} serves in the place of ${pid}, after ${upgrade.milliseconds} ms`,
  );
  for (const [version, count] of load.answers) say(version, `${count} answers`);
  check('failed', load.failures.length === 0, load.failures.length === 0 ? 'no request' : `${load.failures.length}: ${load.failures[0]}`);

  const stop = await daemonium('stop', 'server');
  check('stopped', stop.status === 0 && !system.isRunning(successor), `${successor} is gone, after ${stop.milliseconds} ms`);
}

/** Clients that ask again as soon as they have an answer. */
function askOn(url) {
  const answers = new Map();
  const failures = [];
  let isOver = false;
  const client = async () => {
    while (!isOver) {
      try {
        const text = await (await fetch(url)).text();
        answers.set(text, (answers.get(text) ?? 0) + 1);
      } catch (error) {
        failures.push(error.cause?.message ?? error.message);
        await setTimeout(10);
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  const end = () => {
    isOver = true;
    return Promise.all(clients);
  };
  return { answers, failures, end };
}
