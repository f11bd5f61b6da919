import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { childrenOf, isRunning, observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { type Drive, drive, script } from './drive.ts';
import { shellcheck, shells } from './subject.ts';

test.skipIf(shellcheck === null)('shellcheck finds nothing', () => {
  const { stdout, status } = spawnSync(shellcheck as string, ['--shell=sh', script], { encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});

/** Runs it to its end, which it comes to by itself. */
async function whole(box: Sandbox, options: Drive) {
  const driven = drive(box, options);
  driven.stay();
  const status = await driven.ended;
  return { status, runs: driven.runs().length };
}

describe.each(shells)('$name', (shell) => {
  const on = test.skipIf(shell.missing !== false);

  on('which ends are ends, and which are crashes', async () => {
    const box = sandbox();
    const limited = { shell, limit: '1' };
    // An orderly end, a code of `never`, and deaths that somebody has asked for.
    expect(await whole(box, { ...limited, run: 'exit 0' })).toEqual({ status: 0, runs: 1 });
    expect(await whole(box, { ...limited, run: 'exit 78', never: ',77,78,' })).toEqual({ status: 78, runs: 1 });
    for (const [signal, status] of [
      ['HUP', 129],
      ['PIPE', 141],
      ['TERM', 143],
    ] as const) {
      expect(await whole(box, { ...limited, run: `kill -${signal} $$; sleep 9` }), signal).toEqual({ status, runs: 1 });
    }
    // A shell that is started in the background ignores the signal; Node.js does not.
    expect(await whole(box, { ...limited, run: 'exit 130' })).toEqual({ status: 130, runs: 1 });
    expect(await whole(box, { ...limited, run: 'kill -KILL $$' })).toEqual({ status: 137, runs: 2 });
    expect(await whole(box, { ...limited, run: 'exit 7', never: ',77,78,' })).toEqual({ status: 7, runs: 2 });
    expect(await whole(box, { ...limited, run: 'exit 0', on: 'always' })).toEqual({ status: 0, runs: 2 });
    expect(await whole(box, { ...limited, run: 'kill -TERM $$; sleep 9', on: 'always' })).toEqual({ status: 143, runs: 2 });
    // A crash leaves its status behind, and the pid file not.
    expect(existsSync(box.path('driven.pid'))).toBe(false);
  });

  on('the list of pauses, the count of tries, and a healthy run, which starts both anew', async () => {
    const box = sandbox();
    const driven = drive(box, { shell, limit: '3', delays: '0.01 0.02 0.03', run: 'exit 5' });
    driven.stay();
    expect(await driven.ended).toBe(5);
    expect([driven.runs().length, driven.state()]).toEqual([4, { restarts: 3, status: 5, delay: null }]);
    // The third run writes that it was healthy: then there are three more tries.
    const third = `[ "$(wc -l <"${box.path('driven.runs')}")" -eq 3 ] && echo 1 >&$1; exit 5`;
    expect(await whole(box, { shell, limit: '3', run: third })).toEqual({ status: 5, runs: 6 });
    const long = drive(box, { shell, delays: '0.01 25', run: 'exit 5' });
    long.stay();
    await until(() => long.state().delay === 25, { what: 'the second pause' });
    expect(long.state()).toEqual({ restarts: 1, status: 5, delay: 25 });
    process.kill(long.child.pid as number, 'SIGTERM');
    expect(await long.ended).toBe(5);
    await until(() => carriersOf(box.token).length === 0, { what: 'nothing left' });
  });

  on('a command that is gone is a crash like others, with a word in the log', async () => {
    const box = sandbox();
    const program = box.path('program');
    writeFileSync(program, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
    const driven = drive(box, { shell, delays: '0 0.01', run: `exec ${program}` });
    driven.stay();
    await until(() => driven.state().status === 3, { what: 'a run' });
    rmSync(program);
    await until(() => driven.state().status === 127, { what: 'a run without the program' });
    expect(driven.log()).toMatch(/program: (not found|No such file)/);
    process.kill(driven.child.pid as number, 'SIGTERM');
    await driven.ended;
  });

  on('once the pid file names another shell, it starts nothing more, and removes nothing', async () => {
    const box = sandbox();
    expect(await whole(box, { shell, run: `echo 1 >"${box.path('driven.pid')}"; exit 5` })).toEqual({ status: 0, runs: 1 });
    expect(['driven.pid', 'driven.state'].map((name) => existsSync(box.path(name)))).toEqual([true, true]);
  });

  on('a shell that the pid file names instead and that is gone: it takes the file back, unless it is a successor itself', async () => {
    const box = sandbox();
    // Above the highest pid of Linux.
    const run = `echo 4194305 >"${box.path('driven.pid')}"; exit 5`;
    expect(await whole(box, { shell, limit: '1', run })).toEqual({ status: 5, runs: 2 });
    expect(existsSync(box.path('driven.pid'))).toBe(false);
    expect(await whole(box, { shell, limit: '1', run, late: true })).toEqual({ status: 0, runs: 1 });
    expect(readFileSync(box.path('driven.pid'), 'utf8')).toBe('4194305\n');
  });

  on('a successor whose predecessor ends without its word goes on once the pid file names it', async () => {
    const box = sandbox();
    const named = `echo $PPID >"${box.path('driven.pid')}"; exit 5`;
    const lost = drive(box, { shell, limit: '2', run: named, late: true });
    (lost.child.stdio[4] as NodeJS.WritableStream).end();
    expect(await lost.ended).toBe(5);
    expect(lost.runs()).toHaveLength(3);
    const unnamed = drive(box, { shell, limit: '2', run: `echo 1 >"${box.path('driven.pid')}"; exit 5`, late: true });
    (unnamed.child.stdio[4] as NodeJS.WritableStream).end();
    expect([await unnamed.ended, unnamed.runs().length]).toEqual(['SIGKILL', 1]);
  });

  on('where it cannot fork it waits, and goes on when it can', async () => {
    const box = sandbox();
    const uid = 61_234;
    // RLIMIT_NPROC counts what the user has, in all of the system: this is nobody's number.
    const wrap = ['setpriv', '--reuid', String(uid), '--clear-groups'];
    const driven = drive(box, { shell, run: 'exit 4', wrap });
    driven.stay();
    const pid = driven.child.pid as number;
    await until(() => driven.runs().length > 1, { what: 'two runs' });
    // As that user: root of a container may not.
    const limit = (processes: number) => spawnSync('prlimit', ['--pid', String(pid), `--nproc=${processes}:`], { uid }).status;
    expect(limit(1)).toBe(0);
    // bash tries again by itself, with pauses of its own.
    const hasFailed = () => driven.state().status === 126 || driven.log().includes('fork: retry');
    await until(hasFailed, { what: 'a run that could not be forked' });
    const runs = driven.runs().length;
    expect([isRunning(pid), childrenOf(pid)]).toEqual([true, []]);
    expect(limit(1_024)).toBe(0);
    await until(() => driven.runs().length > runs, { what: 'the next run' });
    process.kill(pid, 'SIGTERM');
    await driven.ended;
    await until(() => carriersOf(box.token).length === 0, { what: 'nothing left' });
  });

  on('without /proc every run counts as unhealthy, and nothing is told', async () => {
    const box = sandbox();
    const run = 'echo 1 >&$1; exit 6';
    const prelude = 'mount -t tmpfs none /proc;';
    expect(await whole(box, { shell, limit: '2', run, prelude })).toEqual({ status: 6, runs: 3 });
    expect([readFileSync(box.path('driven.state'), 'utf8'), existsSync(box.path('driven.pid'))]).toEqual(['', true]);
  });

  // BusyBox has these programs in it.
  const outside = test.skipIf(shell.missing !== false || shell.name === 'busybox');
  outside('what it calls as it leaves has not the lock: it would be taken for the daemon', async () => {
    const box = sandbox();
    const [program, told] = [box.path('program'), box.path('told')];
    writeFileSync(program, `#!/bin/sh\n{ echo "\${0##*/}"; for file in /proc/$$/fd/*; do readlink "$file"; done; } >>"${told}"\n`, {
      mode: 0o755,
    });
    const prelude = `for name in head rm; do mount --bind "${program}" "$(command -v $name)"; done;`;
    expect(await whole(box, { shell, run: 'exit 0', prelude })).toEqual({ status: 0, runs: 1 });
    const lines = readFileSync(told, 'utf8').split('\n');
    expect(lines).toEqual(expect.arrayContaining(['head', 'rm', '/dev/null']));
    expect(lines).not.toContain(box.path('driven.pid'));
  });

  on('a launcher that ends without its word: the shell tells how the daemon ended, and takes all along', async () => {
    const box = sandbox();
    const driven = drive(box, { shell, run: 'sleep 60 & exit 9' });
    let said = '';
    driven.child.stdio[4]?.on('data', (text: Buffer) => {
      said += text;
    });
    (driven.child.stdio[4] as NodeJS.WritableStream).end();
    expect(await driven.ended).toBe('SIGKILL');
    await until(() => said !== '', { what: "the shell's word" });
    expect(said).toBe('\n{"type":"shell","status":9}\n');
    await until(() => carriersOf(box.token).filter(isRunning).length === 0, { what: 'nothing left' });
    expect(driven.runs()).toHaveLength(1);
  });

  on('asked to stop while a run boots, which loses the signal: it is told again as soon as it listens', async () => {
    const box = sandbox();
    const boot = `trap '' TERM; until [ -e "${box.path('listen')}" ]; do sleep 0.01; done`;
    const driven = drive(box, { shell, run: `${boot}; trap 'exit 5' TERM; kill -ALRM $PPID; sleep 60 & wait $!` });
    driven.stay();
    const pid = driven.child.pid as number;
    const run = await until(() => driven.runs()[0], { what: 'the run' });
    await until(() => observe(run).ignored.includes('SIGTERM'), { what: 'a run that does not listen' });
    process.kill(pid, 'SIGTERM');
    await until(() => /^ShdPnd:\s*0+$/m.test(readFileSync(`/proc/${pid}/status`, 'latin1')), { what: 'the delivery of the signal' });
    writeFileSync(box.path('listen'), '');
    expect(await driven.ended).toBe(5);
    expect(driven.runs()).toHaveLength(1);
    expect(isRunning(run)).toBe(false);
  });

  on('a pause that somebody has ended is none that is over', async () => {
    const box = sandbox();
    const driven = drive(box, { shell, delays: '25', run: 'exit 2' });
    driven.stay();
    const pid = driven.child.pid as number;
    // The run is reaped by then, so the child is the pause.
    const sleep = await until(() => driven.state().delay === 25 && childrenOf(pid)[0], { what: 'the pause' });
    process.kill(sleep, 'SIGKILL');
    await until(() => driven.runs().length === 2, { what: 'the second run' });
    process.kill(pid, 'SIGTERM');
    process.kill(pid, 'SIGTERM');
    // By itself, or by the signal that was passed on to it.
    expect(await driven.ended).toEqual(expect.any(Number));
    await until(() => carriersOf(box.token).length === 0, { what: 'nothing left' });
  });
});
