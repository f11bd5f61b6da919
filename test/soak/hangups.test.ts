import { readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { MAIN } from '../cli/command.ts';
import { hasLine } from '../faults/invariants.ts';
import { statOf } from '../helpers/observe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { fixture, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { pause, until } from '../helpers/wait.ts';
import { partOf } from './part.ts';

const ROUNDS = partOf(600);
/** From before the launcher listens for signals until after the start. In ms, on an idle machine. */
const SPAN_MS = 2_000;

interface Way {
  readonly pidFile: string;
  /** A start that takes its time, and shows it on the terminal. */
  command(box: Sandbox): string;
}

const node = `'${process.execPath}'`;
const WAYS: Readonly<Record<string, Way>> = {
  'control()': {
    pidFile: 'daemon.pid',
    command: (box) => {
      const going = setTimeout(() => writeFileSync(box.path('go'), ''), 400);
      onTestFinished(() => clearTimeout(going));
      return `${node} '${fixture('life-control')}' '${box.directory}' slow start`;
    },
  },
  daemonium: {
    pidFile: 'daemonium/slow.pid',
    command: (box) => {
      writeFileSync(box.path('slow.cjs'), `setTimeout(() => process.send('ready'), 400); setInterval(() => {}, 60_000);`);
      return `${node} '${MAIN}' start ./slow.cjs --ready message`;
    },
  },
};

/** The start runs on a terminal that goes at a random moment: what reads there is killed, as in `tmux kill-server`. */
async function hangUp(box: Sandbox, command: string): Promise<void> {
  const terminal = box.spawn('', {
    executable: 'script',
    args: ['-qec', `${command}; sleep 60`, '/dev/null'],
    env: { TERM: 'xterm', XDG_STATE_HOME: box.directory, HOME: box.directory },
  });
  await pause(Math.random() * SPAN_MS);
  terminal.child.kill('SIGKILL');
  await terminal.finished;
}

/** What the file says; '' without one. */
function pidIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** The end of a round, once nothing changes any more: nothing, or a daemon that the file names, and that neither a terminal nor a launcher can end. */
function whatIsLeft(box: Sandbox, pidFile: string): 'nothing' | 'daemon' | null {
  const [pid, ...more] = carriersOf(box.token);
  if (pid === undefined) return 'nothing';
  const isOnItsOwn = more.length === 0 && String(pid) === pidIn(box.path(pidFile)) && statOf(pid).tty === 0 && !hasLine(pid);
  return isOnItsOwn ? 'daemon' : null;
}

test.each(Object.entries(WAYS))(`%s: a terminal that goes at a random moment; ${ROUNDS} rounds`, async (_, { pidFile, command }) => {
  const seen = { nothing: 0, daemon: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const box = sandbox();
    await hangUp(box, command(box));
    const left = await until(() => whatIsLeft(box, pidFile), { what: 'a daemon on its own, or nothing', deadline: 20_000 });
    if (left === 'nothing') expect(pidIn(box.path(pidFile)), `round ${round}`).toBe('');
    seen[left]++;
    await box.reap();
  }
  console.log(seen);
});
