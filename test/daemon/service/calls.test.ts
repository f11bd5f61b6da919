import { expect, test } from 'vitest';
import { caller, callerIn, callerOf } from '../../helpers/caller.ts';
import { isRunning } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { project } from '../launcher/project.ts';

const SERVICE = `
  import { readFileSync } from 'node:fs';
  import { Daemon } from '@daemonium/daemon';
  const daemon = new Daemon({ pidFile: 'daemon.pid', target: () => void setInterval(() => {}, 60_000) });
  const [verb] = process.argv.slice(2);
  const result = await daemon[verb](...(verb === 'kill' ? ['SIGCONT'] : []));
  console.log(JSON.stringify({ pid: daemon.pid, status: result?.state ?? null, maps: readFileSync('/proc/self/maps', 'latin1') }));
`;

const JOB = `
  import { readFileSync } from 'node:fs';
  import { PidLockFile, proveHolder, withPidLock } from '@daemonium/core';
  const [how, path] = process.argv.slice(2);
  const HOW = {
    job: () => withPidLock(path, () => 'done')(),
    probe: () => [new PidLockFile(path).check(), new PidLockFile(path).isActive(), proveHolder(path).pid].join(),
  };
  const result = await HOW[how]();
  console.log(JSON.stringify({ result, maps: readFileSync('/proc/self/maps', 'latin1') }));
`;

interface Told {
  readonly pid: number;
  readonly result: string;
  readonly maps: string;
}

test('koffi is loaded by no start with a pid file, status, signal, stop, look at a lock or locked job where the addon is', async () => {
  const box = sandbox();
  project(box, { 'service.mjs': SERVICE, 'job.mjs': JOB });
  const run = async (...args: string[]): Promise<Told> => {
    const { stdout, stderr, code } = await box.launch('', { execArgv: args });
    expect({ stderr, code }, args.join(' ')).toEqual({ stderr: '', code: 0 });
    return JSON.parse(stdout) as Told;
  };
  const launcher = await run('service.mjs', 'start');
  const pid = await box.readPid();
  expect([launcher.pid, callerIn(launcher.maps)]).toEqual([pid, caller]);
  // The lock came to it with its descriptor, so that it made no call at all.
  expect(callerOf(pid)).toBe(null);
  const probe = await run('job.mjs', 'probe', 'daemon.pid');
  expect([probe.result, callerIn(probe.maps)]).toEqual([`running,true,${pid}`, caller]);
  // What /proc shows of the holder is enough.
  expect(callerIn((await run('service.mjs', 'status')).maps)).toBe(null);
  expect(callerIn((await run('service.mjs', 'kill')).maps)).toBe(caller);
  expect(isRunning(pid)).toBe(true);
  expect(callerIn((await run('service.mjs', 'stop')).maps)).toBe(caller);
  expect(isRunning(pid)).toBe(false);
  const job = await run('job.mjs', 'job', box.path('job.pid'));
  expect([job.result, callerIn(job.maps)]).toEqual(['done', caller]);
});
