import { describe, expect, inject, test } from 'vitest';
import { observe, statOf } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { boot, type Machine } from './machine.ts';
import { SERVICE } from './systemd.ts';

const PID_FILE = '/run/service/service.pid';

async function machine(): Promise<Machine> {
  const m = await boot(sandbox());
  await m.ok('mkdir /run/service');
  return m;
}

const nothingRuns = async (m: Machine): Promise<void> => {
  await until(() => m.nodes().length === 0, { what: 'the end of all' });
  expect(await m.sh(`node ${SERVICE} status; ls /run/service`)).toMatchObject({ stdout: 'service is not running\n' });
};

/** The pid once the launcher has ended. */
const onItsOwn = async (m: Machine): Promise<number> => {
  const pid = await m.readPid(PID_FILE);
  await until(() => statOf(m.pidHere(pid)).ppid === m.init, { what: 'the end of the launcher' });
  return pid;
};

const stops = async (m: Machine, pid: number): Promise<void> => {
  expect(await m.ok(`node ${SERVICE} stop`)).toBe(`service stopped, pid ${pid}`);
};

describe.skipIf(inject('noMachine'))('started by a program that starts others', () => {
  test('daemon(1): it holds what stays in the foreground, and starts it again; what is started under it is on its own', async () => {
    const m = await machine();
    await m.ok(`daemon --name=held --respawn --output=/tmp/out -- node ${SERVICE} foreground`);
    const first = await m.readPid(PID_FILE);
    expect(statOf(statOf(m.pidHere(first)).ppid).comm).toBe('daemon');
    await m.ok(`kill -9 ${first}`);
    await until(() => m.read('/tmp/out').match(/^ready$/gm)?.length === 2, { what: 'the next one', interval: 20 });
    const second = await m.readPid(PID_FILE);
    expect(second).not.toBe(first);
    expect(statOf(statOf(m.pidHere(second)).ppid).comm).toBe('daemon');
    await m.ok('daemon --name=held --stop');
    await nothingRuns(m);
    // daemon(1) writes the file, out of a pipe.
    await until(() => /\ntold to end\nended\n$/.test(m.read('/tmp/out')), { what: 'the last lines', interval: 20 });

    await m.ok(`daemon --name=loose --output=/tmp/loose -- node ${SERVICE} start`);
    const pid = await onItsOwn(m);
    await until(async () => (await m.sh('daemon --name=loose --running')).code === 1, { what: 'the end of daemon(1)', interval: 50 });
    expect(m.read('/tmp/loose')).toContain(`service started, pid ${pid}\n`);
    await stops(m, pid);
  });

  test('start-stop-daemon --notify-await: it succeeds when the service is ready, and only then', async () => {
    const m = await machine();
    const start = (seconds: number) =>
      `start-stop-daemon --start --background --notify-await --notify-timeout ${seconds} --pidfile ${PID_FILE} --exec /usr/bin/node -- ${SERVICE} foreground`;
    await m.ok(start(60));
    const pid = await m.readPid(PID_FILE);
    expect(await m.ok(`node ${SERVICE} status`)).toContain(`service is running, pid ${pid},`);
    await m.ok(`start-stop-daemon --stop --retry TERM/30 --pidfile ${PID_FILE} --exec /usr/bin/node`);
    await nothingRuns(m);
    // It waits to the end of that time, also for a service that has ended.
    const failed = await m.sh(`MODE='not ready' ${start(1)}`);
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('timed out waiting for a notification') });
    await nothingRuns(m);
  });

  test('make -j and flock(1): the daemon keeps neither their descriptors nor their lock', async () => {
    const m = await machine();
    // The number is that of flock(1)'s own example. Node.js closes lower ones by itself.
    const locked = `( flock 200; node ${SERVICE} start ) 200> /tmp/lock`;
    m.write('/tmp/Makefile', `SHELL = /bin/bash\nservice:\n\t+readlink /proc/self/fd/3 > /tmp/jobserver; ${locked}\n`);
    expect(await m.ok('make -s -j2 -f /tmp/Makefile | cat')).toMatch(/^service started, pid \d+$/);
    await m.ok('flock --nonblock /tmp/lock true');
    const pid = await onItsOwn(m);
    const jobserver = m.read('/tmp/jobserver').trim();
    expect(jobserver).toMatch(/^pipe:/);
    const targets = observe(m.pidHere(pid)).fds.map(({ target }) => target);
    expect(targets).not.toContain(jobserver);
    expect(targets).not.toContain('/tmp/lock');
    await stops(m, pid);
  });

  test('timeout(1): its signal undoes a start', async () => {
    const m = await machine();
    const starting = m.spawn(`MODE='never ready' timeout 600 node ${SERVICE} start`);
    await m.readPid(PID_FILE);
    await m.ok('pkill -x timeout');
    expect((await starting.finished).code).not.toBe(0);
    await nothingRuns(m);
  });

  test('expect: the end of its terminal does nothing to the daemon, and during the start undoes it', async () => {
    const m = await machine();
    await m.ok(`expect -c 'spawn node ${SERVICE} start; expect "service started"; close; wait'`);
    const pid = await onItsOwn(m);
    expect(observe(m.pidHere(pid))).toMatchObject({ tty: 0 });
    await stops(m, pid);

    const whileStarting = `while {![file exists ${PID_FILE}] || [file size ${PID_FILE}] == 0} {after 20}`;
    await m.ok(`MODE='never ready' expect -c 'spawn node ${SERVICE} start; ${whileStarting}; close; wait'`);
    await nothingRuns(m);
  });

  test('strace -f: traced, it starts and stops', async () => {
    const m = await machine();
    const traced = m.spawn(`strace -f -qq -o /dev/null node ${SERVICE} start`, { deadline: 120_000 });
    await until(() => /^service started, pid \d+$/m.test(traced.stdout), { what: 'the start', deadline: 60_000 });
    await stops(m, await m.readPid(PID_FILE));
    expect(await traced.finished).toMatchObject({ code: 0 });
  });

  test('faketime: who holds the lock is proved by no wall clock', async () => {
    const m = await machine();
    const at = (time: string, verb: string): Promise<string> => m.ok(`faketime '${time}' node ${SERVICE} ${verb}`);
    expect(await at('2020-01-01', 'start')).toMatch(/^service started, pid \d+$/);
    const pid = await onItsOwn(m);
    expect(observe(m.pidHere(pid)).environ).toHaveProperty('FAKETIME');
    expect(await m.ok(`node ${SERVICE} status`)).toContain(`service is running, pid ${pid},`);
    expect(await at('2040-01-01', 'status')).toContain(`service is running, pid ${pid},`);
    await at('2040-01-01', 'reload');
    expect(await at('2040-01-01', 'stop')).toBe(`service stopped, pid ${pid}`);
  });
});
