import { expect } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';

/** Stops in a pid namespace where every pid is given out again at once; `null`: it cannot be set here. */
export async function stopsWithReusedPids(rounds: number, deadline: number): Promise<void> {
  const box = sandbox();
  // The shell stays the first process, and the others are ended with it.
  const script = 'echo 400 >/proc/sys/kernel/pid_max 2>/dev/null; "$0" "$1" "$2" "$3"; exit $?';
  const args = [
    '--pid',
    '--fork',
    '--mount-proc',
    'sh',
    '-c',
    script,
    process.execPath,
    fixture('lock-pid-reuse'),
    box.path('x.pid'),
    String(rounds),
  ];
  const { stdout, stderr } = await box.launch('', { executable: 'unshare', args, deadline });
  expect(stderr).toBe('');
  const seen = JSON.parse(stdout) as { stops: number; stopped: number; reused: number; refused: number; gone: number; wrong: number };
  expect(seen).toMatchObject({ stops: rounds, wrong: 0, stopped: Math.floor(rounds / 3) });
  expect(seen.refused + seen.gone).toBe(rounds - seen.stopped);
  // So the pids were given out again, nearly always, and the old holders were gone by then.
  expect([seen.reused > rounds / 2, seen.gone > 0, seen.refused > 0]).toEqual([true, true, true]);
}
