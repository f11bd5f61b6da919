import { existsSync, readFileSync, statSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { describe, expect, test } from 'vitest';
import { type Host, host, newKey } from '../daemon/lease/host.ts';
import { onlyThese } from '../daemon/succession/subject.ts';
import { descriptorsOf, isRunning } from '../helpers/observe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { pause, until } from '../helpers/wait.ts';
import { noServers } from '../servers/available.ts';
import { startEtcd } from '../servers/etcd.ts';
import { startPostgres } from '../servers/postgres.ts';
import { partOf } from './part.ts';
import { isRising, overlapsOf, reignsOf } from './reigns.ts';

const UPGRADES = partOf(50);
const KILLS = partOf(60);
/** About as long as an upgrade takes, in ms. */
const SPAN_MS = 500;
const ENGINES = ['postgres', 'etcd'] as const;

type Engine = (typeof ENGINES)[number];

/** A daemon that writes down all the time that it leads. */
async function leader(box: Sandbox, engine: Engine, options: object, times: object): Promise<Host> {
  // The servers have a sandbox of their own: a process of the daemon's is one of its own.
  const url = engine === 'postgres' ? (await startPostgres(sandbox())).url : (await startEtcd(sandbox()))[0]!.url;
  return host(box, 'web-1', { engine, url, key: newKey(), behaviour: 'beats', options: { listen: [], ...options }, times });
}

const reigns = (one: Host) => reignsOf(one.text('beats'));

/** The last reign, once it is this process's. */
const leads = (one: Host, pid: number) =>
  until(() => reigns(one).at(-1)?.pid === pid && reigns(one).at(-1), { what: `process ${pid} to lead: ${one.text('stderr')}` });

const memoryOf = (pid: number) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

describe.skipIf(noServers)('the upgrade of a daemon with a lease', () => {
  test.each(ENGINES.flatMap((engine) => [false, true].map((respawn) => ({ engine, respawn }))))(
    `$engine, respawn $respawn: ${UPGRADES} in a row, without growth, and never two that lead`,
    async ({ engine, respawn }) => {
      const box = sandbox();
      // A reign runs out in no test: each was handed on.
      const one = await leader(box, engine, { respawn }, { duration: 600_000, renewEvery: 300 });
      const daemon = new Daemon({ pidFile: `${one.directory}/daemon.pid` });
      expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
      await leads(one, daemon.status().pid ?? 0);
      const files: number[] = [];
      const memory: number[] = [];
      const states: number[] = [];
      for (let count = 0; count < UPGRADES; count++) {
        const { pid, previous } = await daemon.upgrade();
        await leads(one, pid);
        await until(() => !isRunning(previous), { what: 'the end of the old one' });
        const { supervisor } = daemon.status();
        expect(supervisor !== null).toBe(respawn);
        await onlyThese(box, pid, ...(supervisor === null ? [] : [supervisor]));
        const most = files[0] ?? Number.POSITIVE_INFINITY;
        files.push(
          await until(() => [descriptorsOf(pid).length].find((open) => open <= most), { what: 'no more descriptors than before' }),
        );
        memory.push(memoryOf(pid));
        states.push(statSync(`${one.directory}/daemon.state`).size);
      }
      const third = Math.ceil(UPGRADES / 3);
      const [early, late] = [median(memory.slice(0, third)), median(memory.slice(-third))];
      const tokens = reigns(one).map(({ token }) => token);
      console.log(
        `${engine}, respawn ${respawn}: ${UPGRADES} upgrades, RSS ${early} to ${late} kB, descriptors ${files[0]} to ${files.at(-1)}`,
      );
      expect(late).toBeLessThan(early * 1.1);
      // A pid or a token may have a digit more.
      expect(Math.max(...states)).toBeLessThan((states[0] ?? 0) + 50);
      expect(overlapsOf(reigns(one))).toEqual([]);
      expect(tokens).toHaveLength(UPGRADES + 1);
      expect(isRising(tokens)).toBe(true);
      // Whole numbers in PostgreSQL; in etcd revisions.
      if (engine === 'postgres') expect(tokens.at(-1)).toBe(BigInt(UPGRADES + 1));
      expect(await one.verb('stop')).toMatchObject({ code: 0 });
      expect([existsSync(`${one.directory}/daemon.state`), one.text('stderr')]).toEqual([false, '']);
    },
  );

  test.each(ENGINES)(
    `%s: ${KILLS} kills of either process at random moments of an upgrade: never two that lead, and a daemon or a failure that says so`,
    async (engine) => {
      const box = sandbox();
      const one = await leader(box, engine, {}, { duration: 3_000, renewEvery: 300 });
      const outcomes: Outcome[] = [];
      for (let round = 0; round < KILLS; round++) {
        if (carriersOf(box.token).length === 0) expect(await one.start(), `round ${round}`).toMatchObject({ code: 0 });
        await leads(one, one.pid());
        outcomes.push(await killed(box, one, round % 2 === 0 ? 'old one' : 'successor'));
      }
      console.log(`${engine}: ${JSON.stringify(countsOf(outcomes))}, ${reigns(one).length} reigns`);
      expect(overlapsOf(reigns(one))).toEqual([]);
      expect(isRising(reigns(one).map(({ token }) => token))).toBe(true);
    },
  );
});

type Victim = 'old one' | 'successor';
type Outcome = `${Victim} killed, ${'upgraded' | 'failed'}, ${'a daemon' | 'none'} left`;

/** An upgrade, and SIGKILL at a random moment of it. */
async function killed(box: Sandbox, one: Host, victim: Victim): Promise<Outcome> {
  const old = one.pid();
  const asked = new Daemon({ pidFile: `${one.directory}/daemon.pid` }).upgrade().catch((error: Error & { code?: string }) => error);
  await pause(Math.random() * SPAN_MS);
  const pid = victim === 'old one' ? old : await successorOf(box, old, asked);
  if (pid !== null) {
    kill(pid);
    await until(() => !isRunning(pid), { what: `the end of ${pid}` });
  }
  const result = await asked;
  const left = await onlyTheDaemon(box, one);
  const told = `${victim} ${pid} killed, ${old} before, ${left} left: ${result instanceof Error ? result.message : JSON.stringify(result)}`;
  if (!(result instanceof Error)) expect(left, told).toBe(pid === result.pid ? null : result.pid);
  else expect(result.code, told).toMatch(/^(ERR_[A-Z_]+|E[A-Z]+)$/);
  // A successor that fails leaves the old one at work.
  if (result instanceof Error && victim === 'successor') expect(left, told).toBe(old);
  return `${victim} killed, ${result instanceof Error ? 'failed' : 'upgraded'}, ${left === null ? 'none' : 'a daemon'} left`;
}

/** The process that is to become the daemon; `null`: the upgrade is over, and there is none. */
async function successorOf(box: Sandbox, old: number, asked: Promise<unknown>): Promise<number | null> {
  let isOver = false;
  void asked.then(() => {
    isOver = true;
  });
  const isSuccessor = (pid: number) => pid !== old && !isShell(pid);
  const found = () => carriersOf(box.token).find(isSuccessor) ?? (isOver && 'none');
  const pid = await until(found, { what: 'a successor' });
  return pid === 'none' ? null : pid;
}

/** The shell that starts the successor. */
function isShell(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sh\n';
  } catch {
    return true;
  }
}

/** The process that the pid file names, once there is no other; `null`: there is none at all. */
async function onlyTheDaemon(box: Sandbox, one: Host): Promise<number | null> {
  const look = () => {
    const pids = carriersOf(box.token);
    return (pids.length === 0 || (pids.length === 1 && pids[0] === one.pid())) && { pid: pids[0] ?? null };
  };
  const { pid } = await until(look, { what: 'the end of all but the daemon' });
  return pid;
}

function countsOf(outcomes: readonly Outcome[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function kill(pid: number): void {
  try {
    if (pid > 1) process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
