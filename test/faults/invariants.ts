import { existsSync, readFileSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { Daemon } from '@daemonium/daemon';
import { expect } from 'vitest';
import { lockHolders } from '../helpers/lock-probe.ts';
import { childrenOf, descriptorsOf, statOf } from '../helpers/observe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { fixture, type Sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';

export type Stage = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
export const STAGES: readonly Stage[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** What fault-daemon.ts prints when its start fails. */
export interface Told {
  readonly name: string;
  readonly message: string;
  readonly stage: number | null;
  readonly signal: string | null;
  readonly exitCode: number | null;
  readonly code: string;
  readonly output: string;
}

export function parseOutcome(stdout: string): Told {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Told;
}

/** I2 and I4: whoever held it is dead, so the lock is free, and no process of the start is left, as zombie neither. */
export async function expectNothingLeft(box: Sandbox, pidFile = box.path('daemon.pid')): Promise<void> {
  await until(() => carriersOf(box.token).length === 0, { what: 'the end of all processes of the start' });
  await until(() => !new PidLockFile(pidFile).isActive(), { what: 'a free lock' });
  await until(() => !childrenOf(process.pid).some(isZombie), { what: 'the end of all zombies' });
  // What is left of the file names nobody who could be taken for the daemon.
  expect(new Daemon({ pidFile }).status()).toMatchObject({ running: false, pid: null, since: null });
}

function isZombie(pid: number): boolean {
  return statOf(pid).state === 'Z';
}

/** I1: the daemon is complete: one process, which holds the lock and is what the file says. */
export function expectComplete(box: Sandbox, pidFile = box.path('daemon.pid')): number {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(pid).toBeGreaterThan(1);
  expect(lockHolders(pidFile)).toEqual([pid]);
  expect(carriersOf(box.token)).toEqual([pid]);
  return pid;
}

/**
 * Whether a daemon has its line to the launcher still. One that has been told that its start worked closes it and goes on; one that undoes the
 * start ends with it open.
 */
export function hasLine(pid: number): boolean {
  const sockets = new Set(descriptorsOf(pid).map(({ target }) => /^socket:\[(\d+)\]$/.exec(target)?.[1]));
  // Number, references, protocol, flags, type, state, inode, path. One that listens is not connected.
  const unix = readFileSync('/proc/net/unix', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return unix.some(([, , , , , state, inode]) => state === '03' && sockets.has(inode));
}

/** I3: the next start works, with nothing cleaned by hand; and its stop leaves nothing. */
export async function expectNextStartWorks(box: Sandbox, pidFile = box.path('daemon.pid')): Promise<void> {
  const daemon = moduleDaemon(box, '', { pidFile });
  await daemon.start();
  expect(daemon.pid).toBe(expectComplete(box, pidFile));
  await daemon.stop();
  await expectNothingLeft(box, pidFile);
  expect(existsSync(pidFile)).toBe(false);
}

/** A daemon whose launcher is the test itself; `fault` is planned for the daemon. */
export function moduleDaemon(
  box: Sandbox,
  fault: string,
  options: { readonly pidFile?: string; readonly startTimeout?: number } = {},
): Daemon {
  return new Daemon({
    target: fixture('fault-module'),
    name: 'Server',
    detach: true,
    pidFile: box.path('daemon.pid'),
    env: { ...box.tokenEnv, DAEMONIUM_FAULT: fault },
    startTimeout: 20_000,
    ...options,
  });
}
