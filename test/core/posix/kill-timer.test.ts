import { readFileSync } from 'node:fs';
import { bootClock, createKillTimer } from '@daemonium/core/posix';
import { describe, expect, test } from 'vitest';
import { caller, callerIn } from '../../helpers/caller.ts';
import type { Launched, LaunchOptions } from '../../helpers/launch.ts';
import { isRunning } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { notRoot, OTHER } from '../hold.ts';

/** Runs the fixture to its end; gives what it said, how it ended, and how long after its deadline that was, in ms. */
async function ending(timed: Launched) {
  const { signal, code, stdout, stderr } = await timed.finished;
  const ended = bootClock();
  expect(stderr).toBe('');
  const said = Object.assign(
    {},
    ...stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ) as {
    deadline: number;
    alive?: boolean;
    child?: number;
  };
  return { ...said, signal, code, late: ended - said.deadline };
}

const spawned = (how: string, options: LaunchOptions = {}) => sandbox().spawn(fixture('kill-timer'), { args: [how], ...options });

test('the boot clock is the one of /proc/uptime', () => {
  const before = bootClock();
  const [seconds] = readFileSync('/proc/uptime', 'utf8').split(' ');
  const between = Number(seconds) * 1000;
  // /proc/uptime has hundredths of a second.
  expect(between).toBeGreaterThan(before - 10);
  expect(bootClock()).toBeGreaterThanOrEqual(between);
});

describe.each([
  ['this user', {}, false],
  ['nobody', { uid: OTHER, gid: OTHER }, notRoot],
] as const)('as %s', (_, user, skip) => {
  test.skipIf(skip).each(['idle', 'busy', 'stopped', 'later', 'sooner', 'over'])(
    'the kernel kills at the deadline, and not before: %s',
    async (how) => {
      const { signal, late, alive } = await ending(spawned(how, user));
      expect({ signal, alive }).toEqual({ signal: 'SIGKILL', alive: undefined });
      expect(late).toBeGreaterThanOrEqual(0);
    },
  );

  test.skipIf(skip).each(['disarm', 'close'])('nothing ends it after %s()', async (how) => {
    expect(await ending(spawned(how, user))).toMatchObject({ signal: null, alive: true });
  });
});

test('a child does not inherit the timer', async () => {
  const { signal, child = 0 } = await ending(spawned('leave'));
  expect(signal).toBe('SIGKILL');
  expect(child).toBeGreaterThan(1);
  expect(isRunning(child)).toBe(true);
});

test('a value that is no time is refused, and arms nothing', () => {
  const timer = createKillTimer();
  for (const [milliseconds, from] of [
    [0],
    [-1],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [1e15],
    [1, 1e15],
    [1, Number.NaN],
    [1, -1],
  ] as const) {
    expect(() => timer.push(milliseconds, from), String([milliseconds, from])).toThrow(
      expect.objectContaining({ name: 'OptionError', code: 'ERR_OPTION_RANGE' }),
    );
  }
  timer.close();
  for (const use of [() => timer.push(60_000), () => timer.disarm()]) expect(use).toThrow('The kill timer is closed');
  expect(callerIn(readFileSync('/proc/self/maps', 'latin1'))).toBe(caller);
});

test.skipIf(notRoot)('the first process of a container is told that no signal of its own would end it', async () => {
  const { stdout, stderr } = await sandbox().launch('', {
    executable: 'unshare',
    args: ['--pid', '--fork', '--mount-proc', process.execPath, fixture('kill-timer'), 'idle'],
  });
  expect(stdout).toBe('');
  expect(stderr).toMatch(/code: 'ERR_KILL_TIMER'/);
});
