// Compiled by `tsc -b`, never run: each line that must not compile says so, and fails the build when it does.
import { type AlreadyLockedError, makePidFile, PidLockFile, pidFilePath, pidLocked } from '@daemonium/core';
import {
  control,
  Daemon,
  type DaemonError,
  type DaemonOptions,
  type NotRunningError,
  type OptionError,
  type StartError,
  type StartTimeoutError,
  type StopTimeoutError,
  type StreamTarget,
} from '@daemonium/daemon';

import {
  type AlreadyLeasedError,
  Lease,
  type LeaseFailedError,
  type LeaseLostError,
  type LeaseOptions,
  type NotMyLeaseError,
} from '@daemonium/lease';
import { postgres } from '@daemonium/lease/postgres';
import type pg from 'pg';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_ extends true>(): void => {};

// The arguments are the target's.
new Daemon({ target: (_port: number, _host: string) => {}, args: [80, 'localhost'] });
// @ts-expect-error: no string at the place of the number
new Daemon({ target: (_port: number) => {}, args: ['80'] });
// @ts-expect-error: one too many
new Daemon({ target: (_port: number) => {}, args: [80, 81] });
// The last one is kwargs, where that is given.
new Daemon({ target: (_port: number, _options: { host: string }) => {}, args: [80], kwargs: { host: 'localhost' } });
// @ts-expect-error: kwargs are the last argument
new Daemon({ target: (_port: number, _options: { host: string }) => {}, args: [80], kwargs: { hots: 'localhost' } });
// @ts-expect-error: nothing takes kwargs here
new Daemon({ target: () => {}, kwargs: { host: 'localhost' } });
new Daemon({ target: (_port: number, _options?: { host?: string }) => {}, args: [80], kwargs: { host: 'localhost' } });
// The function that a module exports says what it takes.
const work = (_count: number, _name: string, _options: { three: number }): void => {};
new Daemon<Parameters<typeof work>>({ target: new URL('file:///srv/daemon.js'), args: [1, 'two', { three: 3 }] });
// @ts-expect-error: no number at the place of the string
new Daemon<Parameters<typeof work>>({ target: new URL('file:///srv/daemon.js'), args: [1, 2, { three: 3 }] });
// @ts-expect-error: and without its type it takes nothing
new Daemon({ target: new URL('file:///srv/daemon.js'), args: [1] });

class Undeclared extends Daemon {
  // @ts-expect-error: what run() takes is the class's type argument
  override run(_interval: number): void {}
}
new Undeclared();
class Field extends Daemon {
  override run = async (): Promise<void> => {};
}
new Field();

// `this` is the daemon.
new Daemon({
  target() {
    is<Equal<typeof this.shutdown, AbortSignal>>();
    this.ready();
  },
});

class Service extends Daemon<[port: number]> {
  override async run(port: number): Promise<void> {
    is<Equal<typeof port, number>>();
  }
}
new Service({ args: [80] });
// @ts-expect-error: the class says what run() takes
new Service({ args: ['80'] });
// start() gives the object itself, of its own class.
is<Equal<Awaited<ReturnType<Service['start']>>, Service>>();

// @ts-expect-error: an option that is not there
new Daemon({ umaks: 0 });
// @ts-expect-error: a mode is a number
new Daemon({ umask: '022' });
// @ts-expect-error: no such word
new Daemon({ detach: 'yes' });
const targets: readonly StreamTarget[] = ['log', new URL('file:///log'), 1, process.stdout, null];
for (const stdout of targets) new Daemon({ stdout, stdin: { content: new Uint8Array(1) } });
// @ts-expect-error: content is for stdin
new Daemon({ stdout: { content: 'x' } });
new Daemon({ signalMap: { SIGHUP: 'reload', 12: (signal) => is<Equal<typeof signal, NodeJS.Signals>>(), SIGTSTP: null } });
new Daemon({ pidFile: new PidLockFile('a.pid'), env: { A: 'b', C: undefined } });

// What may be left out may be undefined.
new Daemon({
  ...{ name: undefined, pidFile: undefined, umask: undefined, user: undefined, signalMap: undefined, stdin: undefined },
  kwargs: undefined,
});
new Daemon().start({ signal: undefined });
new Daemon().stop({ timeout: undefined });
// @ts-expect-error: no such signal
new Daemon({ signalMap: { SIGHUPP: 'reload' } });
// @ts-expect-error: cannot be caught
new Daemon({ signalMap: { SIGKILL: 'reload' } });
new Daemon({ signalMap: { SIGUSR2: 'rotate' }, user: 'www-data', group: 'auto' });
async function disposed(): Promise<void> {
  await using daemon = new Daemon();
  await daemon.start();
}
void disposed;

// Options can be kept apart, and are not to be changed.
const options: DaemonOptions<[number]> = { args: [1] };
// @ts-expect-error: read only
options.umask = 0;

new Service().on('stage', (stage) => is<Equal<typeof stage, number>>()).on('output', (text) => is<Equal<typeof text, string>>());
// @ts-expect-error: no such event
new Service().on('finished', () => {});

({}) as OptionError satisfies DaemonError;
is<Equal<OptionError['code'], 'ERR_OPTION_TYPE' | 'ERR_OPTION_RANGE' | 'ERR_OPTION_UNKNOWN' | 'ERR_OPTION_VALUE'>>();
is<Equal<AlreadyLockedError['code'], 'ERR_ALREADY_LOCKED' | 'ERR_LOCK_NOT_REENTRANT'>>();
is<Equal<NotRunningError['code'], 'ERR_NOT_RUNNING' | 'ERR_HOLDER_UNPROVED' | 'ERR_PID_FILE_INSECURE'>>();
is<Equal<Extract<StartError['code'], 'ERR_NOT_RUNNING'>, never>>();
is<Equal<StartTimeoutError['code'], 'ERR_START_TIMEOUT'>>();
is<Equal<StopTimeoutError['code'], 'ERR_STOP_TIMEOUT'>>();

is<Equal<AlreadyLeasedError['code'], 'ERR_ALREADY_LEASED'>>();
is<Equal<NotMyLeaseError['code'], 'ERR_NOT_MY_LEASE'>>();
is<Equal<LeaseLostError['code'], 'ERR_LEASE_LOST'>>();
is<Equal<LeaseFailedError['code'], 'ERR_LEASE_FAILED'>>();

// pg's own classes will do, whole.
export async function withPg(pool: pg.Pool, client: pg.PoolClient): Promise<void> {
  const lease = new Lease('key', postgres(pool));
  await postgres.guard(client, lease);
  is<Equal<typeof lease.token, bigint | null>>();
  // @ts-expect-error: a token is no number
  await lease.acquire({ predecessor: 1 });
  // @ts-expect-error: no such option
  new Lease('key', postgres('postgres://h/d'), { ttl: 5 });
}

class Locked {
  @pidLocked('job.pid')
  async main(count: number): Promise<string> {
    return String(count);
  }
  @pidLocked(new PidLockFile('/run/job.pid'))
  now(): number {
    return 3;
  }
  @pidLocked()
  static third(this: typeof Locked, ..._rest: string[]): void {}
  // @ts-expect-error: no method
  @pidLocked()
  field = 3;
}
is<Equal<Locked['main'], (count: number) => Promise<string>>>();

// Whatever may be left out may be undefined, under exactOptionalPropertyTypes too.
declare const maybe: { text: string | undefined; number: number | undefined; yes: boolean | undefined; signal: AbortSignal | undefined };
new PidLockFile('x', {
  timeout: maybe.number,
  reentrant: maybe.yes,
  mode: maybe.number,
  uid: maybe.number,
  gid: maybe.number,
  foreign: undefined,
});
pidFilePath(maybe.text, { directory: maybe.text, instance: maybe.text, suffix: maybe.text });
makePidFile(maybe.text, { directory: maybe.text, mode: maybe.number });
control(new Undeclared(), { register: maybe.yes });
({
  duration: maybe.number,
  renewEvery: maybe.number,
  giveUp: maybe.number,
  killAt: maybe.number,
  holder: maybe.text,
}) satisfies LeaseOptions;
({ timeout: maybe.number, signal: maybe.signal, predecessor: undefined, onStandby: undefined }) satisfies Parameters<Lease['acquire']>[0];
