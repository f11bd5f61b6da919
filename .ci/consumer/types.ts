// Type-checked in a project that installed the tarballs, with skipLibCheck off: what users of the declarations see.
import { AlreadyLockedError, getPid, openFiles, PidLockFile, pidFilePath, withPidLock } from '@daemonium/core';
import { Daemon, DaemonError, isDaemonProcess, StartError } from '@daemonium/daemon';
import { Lease, type LeaseLostError } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { postgres } from '@daemonium/lease/postgres';
import { captureOutput, fileLogger, loggerFds } from '@daemonium/logging';

class Service extends Daemon<[port: number, host: string]> {
  override async run(port: number, host: string): Promise<void> {
    this.ready();
    await new Promise((resolve) => this.shutdown.addEventListener('abort', resolve));
    console.log(port, host);
  }
}

export async function start(): Promise<number | null> {
  const lock = new PidLockFile(pidFilePath('service'), { mode: 0o600 });
  const service = new Service({ args: [80, 'localhost'], pidFile: lock, umask: 0o027, waitForReady: true });
  service.on('ready', (pid) => console.log(pid));
  try {
    await service.start();
  } catch (error) {
    if (error instanceof AlreadyLockedError) return error.pid;
    if (error instanceof StartError) console.error(error.stage, error.output, error.exitCode);
    if (error instanceof DaemonError) console.error(error.code);
    throw error;
  }
  return isDaemonProcess ? process.pid : service.pid;
}

export const inferred = new Daemon({ target: (a: number, b: string) => `${a}${b}`, args: [1, 'two'] });

export function helpers(): unknown[] {
  const logger = fileLogger({ path: '/tmp/service.log' });
  using captured = captureOutput(logger);
  return [captured, loggerFds(logger), openFiles(), getPid('service'), withPidLock('/tmp/service.pid', (a: number) => a + 1)(2)];
}

export async function cron(): Promise<bigint | null> {
  await using lease = new Lease('cron', etcd(['http://127.0.0.1:2379'], { tls: {} }), { killAt: null });
  const other = new Lease('cron', postgres('postgres://localhost/db'));
  lease.lost.addEventListener('abort', () => console.log((lease.lost.reason as LeaseLostError).why === 'late'));
  await postgres.guard({ query: async () => ({ rowCount: 1 }) }, await other.acquire({ timeout: 0 }));
  return (await lease.acquire({ predecessor: 1n })).token;
}
