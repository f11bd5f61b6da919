import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Daemon } from '@daemonium/daemon';
import { expect } from 'vitest';
import { ask, freePort } from '../../helpers/http.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { type Shell, withShell } from '../respawn/subject.ts';
import { isOnly, type Kind, onlyThese, startService, writeVersion } from './subject.ts';

export type Victim = 'old' | 'old shell' | 'successor' | 'shell' | 'asker';

export interface Strike {
  /** Right before or after the one write by which the pid file names the successor. */
  readonly moment: 'before' | 'after';
  readonly victims: readonly Victim[];
  /** @default 'SIGKILL' */
  readonly signal?: NodeJS.Signals;
}

/** `old`: the old daemon serves on; `new`: the successor; `again`: a run that came after both, of the version on disk; `nothing`. */
export type Outcome = 'old' | 'new' | 'again' | 'nothing';

export interface Struck {
  readonly box: Sandbox;
  readonly daemon: Daemon;
  /** Starts the daemon. */
  start(): Promise<void>;
  /** Asks for an upgrade, during which this happens. */
  strike(
    strike: Strike,
  ): Promise<{ readonly outcome: Outcome; readonly said: { pid?: number; code?: string }; readonly supervised: boolean }>;
  end(): Promise<void>;
}

const answerOf = async (port: number) => (await ask({ port }).catch(() => ({ body: '' }))).body;

/**
 * Waits until the pid file leads to what serves, and nothing else is left; or until nothing is left at all. Each look is at all
 * of it: a shell that was killed may still be dying in the first ones, and an upgrade may go on after them.
 * @returns the answer, and the pids of the daemon and its shell
 */
export async function untilSettled(
  { box, daemon, port }: { readonly box: Sandbox; readonly daemon: Daemon; readonly port: number },
  when: string,
): Promise<{ readonly body: string; readonly pids: readonly number[] }> {
  const settled = async () => {
    const { pid, supervisor } = daemon.status();
    const body = pid === null ? '' : await answerOf(port);
    if (pid === null ? supervisor !== null : !body.endsWith(` ${pid}`)) return null;
    const pids = [pid, supervisor].filter((each) => each !== null);
    return isOnly(box, ...pids) && (await box.isLocked()) === pids.length > 0 && { body, pids };
  };
  return until(settled, { what: `a locked pid file that leads to what answers, and nothing else, or nothing at all: ${when}` });
}

/** A daemon whose upgrades can be struck at their last moment. */
export async function struckDaemon({
  respawn,
  user,
  shell = null,
  kind = 'function',
}: {
  respawn: boolean;
  kind?: Kind;
  user?: string;
  shell?: Shell | null;
}): Promise<Struck> {
  const box = sandbox();
  const port = await freePort();
  const env = { STRIKE: box.path('strike'), NODE_OPTIONS: `--import ${pathToFileURL(fixture('strike-at-commit')).href}` };
  const daemon = new Daemon({ pidFile: box.path('daemon.pid') });
  let version = 0;
  const write = () => writeVersion(box, kind, `v${++version}`);
  const answer = () => answerOf(port);

  async function start(): Promise<void> {
    write();
    const options = { respawn: respawn && { delay: 10, factor: 1 }, ...(user === undefined ? {} : { user }) };
    expect(await startService(box, kind, port, options, { env, wrapped: (command) => withShell(shell, command) })).toMatchObject({
      code: 0,
      stderr: '',
    });
  }

  return {
    box,
    daemon,
    start,
    async strike({ moment, victims, signal = 'SIGKILL' }) {
      const before = daemon.status();
      const previous = await answer();
      expect(previous.split(' ')[1]).toBe(String(before.pid));
      write();
      rmSync(`${env.STRIKE}.done`, { force: true });
      const asker = box.spawn('succession-ask', { env });
      const known = { old: before.pid, 'old shell': before.supervisor, asker: asker.pid };
      writeFileSync(box.path('strike.new'), JSON.stringify({ moment, victims, signal, known }));
      renameSync(box.path('strike.new'), env.STRIKE);
      const { stdout } = await asker.finished;
      const said = stdout === '' ? {} : JSON.parse(stdout);
      await until(() => existsSync(`${env.STRIKE}.done`), { what: 'the moment' });

      const { body, pids } = await untilSettled({ box, daemon, port }, `after a signal to ${victims.join(', ')}, ${moment}`);
      const { successor } = JSON.parse(readFileSync(`${env.STRIKE}.done`, 'utf8'));
      const next = pids[0] === successor ? 'new' : 'again';
      expect(['', previous, `v${version} ${pids[0]}`]).toContain(body);
      return { outcome: body === '' ? 'nothing' : body === previous ? 'old' : next, said, supervised: pids.length > 1 };
    },
    async end() {
      await daemon.stop();
      await onlyThese(box);
      expect(['daemon.pid', 'daemon.request'].filter((name) => existsSync(box.path(name)))).toEqual([]);
    },
  };
}
