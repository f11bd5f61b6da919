import { Daemon } from '@daemonium/daemon';
import { expect, inject, test } from 'vitest';
import { untilSettled } from '../daemon/succession/strike.ts';
import { KINDS, onlyThese, startService, writeVersion } from '../daemon/succession/subject.ts';
import { freePort } from '../helpers/http.ts';
import { isRunning, observe } from '../helpers/observe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { pause, until } from '../helpers/wait.ts';
import { partOf } from './part.ts';

const UPGRADES = partOf(50);
const STOPS = partOf(60);
const KILLS = partOf(60);
/** About as long as an upgrade takes, in ms. */
const SPAN_MS = 500;

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It has come to its end meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

interface Baseline {
  readonly open: { readonly daemon: number; readonly shell: number };
  readonly cmdline: readonly string[];
  readonly names: readonly string[];
  readonly words: number;
}

const CASES = KINDS.flatMap((kind) => [false, true].map((respawn) => ({ kind, respawn })));

test.each(CASES)(`$kind, respawn $respawn: ${UPGRADES} upgrades in a row, without growth`, async ({ kind, respawn }) => {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, kind, 'v1');
  expect(await startService(box, kind, port, { respawn })).toMatchObject({ code: 0 });
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  let before: Baseline | null = null;
  for (let count = 0; count < UPGRADES; count++) {
    const { pid } = JSON.parse((await box.launch('succession-ask')).stdout);
    // The old one may take connections for another moment.
    const { body, pids } = await untilSettled({ box, daemon, port }, `upgrade ${count}`);
    expect(body).toBe(`v1 ${pid}`);
    const [, supervisor = null] = pids;
    expect(supervisor !== null).toBe(respawn);
    const { cmdline, environ } = observe(pid);
    // The arguments of a shell have a number that is drawn for each start.
    const words = supervisor === null ? 0 : observe(supervisor).cmdline.length;
    // The shell hears a little later that the upgrade has worked, and closes what it had for that.
    const open = () => ({ daemon: observe(pid).fds.length, shell: supervisor === null ? 0 : observe(supervisor).fds.length });
    before ??= { open: open(), cmdline, names: Object.keys(environ).sort(), words };
    const { cmdline: line, names, words: wordsBefore, open: most } = before;
    expect({ cmdline, names: Object.keys(environ).sort(), words }).toEqual({ cmdline: line, names, words: wordsBefore });
    await until(() => open().daemon <= most.daemon && open().shell <= most.shell, { what: 'no more descriptors than before' });
  }
});

test.each([false, true])(`respawn %s: ${STOPS} stops at random moments of an upgrade, each of which leaves nothing`, async (respawn) => {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, 'function', 'v1');
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  for (let round = 0; round < STOPS; round++) {
    expect(await startService(box, 'function', port, { respawn }), `round ${round}`).toMatchObject({ code: 0, stderr: '' });
    const asked = daemon.upgrade().catch((error: Error) => error);
    await pause(Math.random() * SPAN_MS);
    await daemon.stop();
    await asked;
    await onlyThese(box);
    expect({ round, locked: await box.isLocked() }).toEqual({ round, locked: false });
  }
});

test.each([false, true])(
  `respawn %s: ${KILLS} times kill -9 of a successor, or of its shell, at a random moment of an upgrade`,
  async (respawn) => {
    const box = sandbox();
    const port = await freePort();
    writeVersion(box, 'function', 'v1');
    const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
    const start = async () => expect(await startService(box, 'function', port, { respawn })).toMatchObject({ code: 0, stderr: '' });
    await start();
    const ends = { undone: 0, upgraded: 0, 'killed after the upgrade': 0 };
    for (let round = 0; round < KILLS; round++) {
      const { pid, supervisor } = daemon.status();
      const own = [pid, supervisor].filter((each) => each !== null);
      const asked = daemon.upgrade().then(
        (result) => result.pid,
        () => null,
      );
      await pause(Math.random() * SPAN_MS);
      const others = carriersOf(box.token).filter((each) => each > 1 && !own.includes(each) && isRunning(each));
      const victim = others[Math.floor(Math.random() * others.length)] ?? null;
      if (victim !== null) kill(victim);
      const successor = await asked;
      await until(() => victim === null || !isRunning(victim), { what: 'the death of what was killed' });
      if (successor === null) {
        // An upgrade that nobody disturbs works.
        expect({ round, isDisturbed: victim !== null }).toEqual({ round, isDisturbed: true });
        await onlyThese(box, ...own);
        expect({ round, ...daemon.status() }).toMatchObject({ round, pid, supervisor, state: 'running' });
        ends.undone++;
      } else if (victim === successor && !respawn) {
        // The pid file had named it already.
        await onlyThese(box);
        await start();
        ends['killed after the upgrade']++;
      } else {
        ends.upgraded++;
      }
      const { pids } = await untilSettled({ box, daemon, port }, JSON.stringify({ round, pid, supervisor, victim, successor }));
      expect({ round, serves: pids.length > 0 }).toEqual({ round, serves: true });
    }
    console.log(`respawn ${respawn}:`, ends);
  },
);

const notRoot = inject('notRoot');
const AS = [false, true].flatMap((respawn) => [{ respawn }, ...(notRoot === false ? [{ respawn, user: 'nobody' }] : [])]);

test.each(AS)(`%j: ${KILLS} times kill -9 of any of the processes of an upgrade, or of two, at a random moment`, async (options) => {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, 'function', 'v1');
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  const ends = { served: 0, nothing: 0 };
  for (let round = 0; round < KILLS; round++) {
    if (daemon.status().pid === null)
      expect(await startService(box, 'function', port, { ...options, respawn: options.respawn && { delay: 10, factor: 1 } })).toMatchObject(
        {
          code: 0,
          stderr: '',
        },
      );
    const before = daemon.status();
    const asker = box.spawn('succession-ask');
    await pause(Math.random() * SPAN_MS);
    const count = round % 3 === 0 ? 2 : 1;
    const victims = carriersOf(box.token)
      .filter((pid) => isRunning(pid))
      .sort(() => Math.random() - 0.5)
      .slice(0, count);
    for (const victim of victims) kill(victim);
    await asker.finished;
    const what = { round, victims, asker: asker.pid, before };
    const { pids } = await untilSettled({ box, daemon, port }, JSON.stringify(what));
    // A shell starts again what was killed. Without one, the death of the daemon is its end.
    const mayEnd = !options.respawn || before.supervisor === null || victims.length > 1;
    expect({ ...what, isThere: pids.length > 0 || mayEnd }).toMatchObject({ isThere: true });
    ends[pids.length > 0 ? 'served' : 'nothing']++;
  }
  console.log(options, ends);
});
