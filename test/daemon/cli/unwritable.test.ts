import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { textOf } from '../subject.ts';

/** A verb in a shell, with `redirection` behind it. Gives its exit code. */
async function run(box: Sandbox, verb: string, redirection: string): Promise<number> {
  const command = [process.execPath, fixture('cli-moments'), box.directory, 'lives', ...verb.split(' ')]
    .map((word) => `'${word}'`)
    .join(' ');
  const script = `{ ${command}; echo $? > '${box.path('code')}'; } ${redirection}`;
  await box.launch('-c', { executable: '/bin/sh', args: [script] });
  return Number(textOf(box, 'code'));
}

test.each(['| true', '> /dev/full', '2> /dev/full', '>&- 2>&-', '> /dev/full 2>&1'])(
  'the exit code follows the daemon, even if stdout and stderr cannot be written: %s',
  async (redirection) => {
    const box = sandbox();
    expect(await run(box, 'start', redirection)).toBe(0);
    const pid = await box.readPid();
    expect(isRunning(pid)).toBe(true);
    expect([await run(box, 'start', redirection), await run(box, 'status', redirection)]).toEqual([0, 0]);
    expect([await run(box, 'status --json', redirection), await run(box, 'reload', redirection)]).toEqual([0, 0]);
    expect([await run(box, 'bogus', redirection), await run(box, '--help', redirection)]).toEqual([2, 0]);
    expect([await run(box, 'stop', redirection), await run(box, 'status', redirection)]).toEqual([0, 3]);
    expect([isRunning(pid), await run(box, 'reload', redirection)]).toEqual([false, 7]);
  },
);
