import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MAIN } from '../cli/command.ts';
import { observe } from '../helpers/observe.ts';
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
  'control()': { pidFile: 'daemon.pid', command: (box) => `${node} '${fixture('life-control')}' '${box.directory}' slow start` },
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

test.each(Object.entries(WAYS))(`%s: a terminal that goes at a random moment; ${ROUNDS} rounds`, async (_, { pidFile, command }) => {
  const seen = { nothing: 0, daemon: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const box = sandbox();
    await hangUp(box, command(box));
    const isSettled = () => {
      const [pid = 0, ...more] = carriersOf(box.token);
      return pid === 0 || (more.length === 0 && String(pid) === pidIn(box.path(pidFile)) && observe(pid).tty === 0);
    };
    await until(isSettled, { what: 'a daemon on its own, or nothing', deadline: 20_000 });
    const [daemon] = carriersOf(box.token);
    expect(pidIn(box.path(pidFile)), `round ${round}`).toBe(daemon === undefined ? '' : String(daemon));
    seen[daemon === undefined ? 'nothing' : 'daemon']++;
    await box.reap();
  }
  console.log(seen);
});
