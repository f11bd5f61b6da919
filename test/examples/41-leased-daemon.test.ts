import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { noServers } from '../servers/available.ts';
import { startPostgres } from '../servers/postgres.ts';
import { example } from './example.ts';

test.skipIf(noServers)('41-leased-daemon: one of three hosts works; killed in turn, the next one does', async () => {
  const box = sandbox();
  const { url } = await startPostgres(box);
  const script = example(box, '41-leased-daemon');
  const hosts = ['web-1', 'web-2', 'web-3'].map((name) => {
    const directory = box.path(name);
    mkdirSync(directory);
    const env = { STATE_DIRECTORY: directory, HOST: name, DATABASE_URL: url, LEASE_DURATION: '5000' };
    const log = () => (existsSync(`${directory}/cron.log`) ? readFileSync(`${directory}/cron.log`, 'utf8') : '');
    const verb = (...words: string[]) => box.launch(script, { args: words, env, cwd: '/' });
    return { name, log, verb, pid: () => box.readPid(`${name}/cron.pid`), ticks: () => log().split('\n').length - 1 };
  });
  type Host = (typeof hosts)[number];
  for (const { verb } of hosts) expect((await verb('start')).stdout).toMatch(/^cron started, pid \d+\n$/);
  const works = ({ ticks }: Host) => ticks() > 0;
  const next = (among: readonly Host[]) => until(() => among.find(works), { what: 'the next to work' });
  const token = ({ log }: Host) => Number(/token (\d+)/.exec(log())?.[1]);

  const first = await next(hosts);
  const others = hosts.filter((host) => host !== first);
  expect(others.some(works)).toBe(false);
  expect((await others[0]!.verb('status')).stdout).toContain(`standing by; ${first.name} leads`);
  process.kill(await first.pid(), 'SIGKILL');
  const second = await next(others);
  const killed = first.ticks();
  // Killed, and started again, it is one of those that stand by.
  expect((await first.verb('start')).code).toBe(0);
  process.kill(await second.pid(), 'SIGKILL');
  const third = await until(() => hosts.find((host) => host !== second && (host === first ? first.ticks() > killed : works(host))), {
    what: 'the third to work',
  });
  const newest = Number(/token (\d+)\n$/.exec(third.log())?.[1]);
  // Numbers may be left out: on a busy machine a take that comes too late is given back, and made again.
  expect(token(first)).toBeGreaterThan(0);
  expect(token(second)).toBeGreaterThan(token(first));
  expect(newest).toBeGreaterThan(token(second));
  for (const { verb } of hosts) expect((await verb('stop')).code).toBe(0);
});
