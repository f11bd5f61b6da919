import { bootClock } from '@daemonium/core/posix';
import { Lease, type LeaseLostError } from '@daemonium/lease';
import { expect, onTestFinished, test, vi } from 'vitest';
import { until } from '../helpers/wait.ts';
import { gate, MemoryEngine } from './memory-engine.ts';
import { endOf, isRenewed } from './renewal.ts';

const TIMES = { duration: 3_000, renewEvery: 500, giveUp: 2_000, killAt: null };
/** For what is no loss, and no second try, however busy the machine is. */
const LONG = { duration: 30_000, renewEvery: 500, giveUp: 20_000 };

function leaseOn(engine: MemoryEngine, options = {}): Lease {
  const lease = new Lease('key', engine, { ...TIMES, ...options });
  onTestFinished(() => lease[Symbol.asyncDispose]());
  return lease;
}

function busyUntil(time: number): void {
  while (bootClock() < time);
}

const lostBy = (lease: Lease): LeaseLostError => lease.lost.reason as LeaseLostError;

test('the deadline counts from when the renewal was sent, however late its answer comes', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine, { ...LONG, renewEvery: 1_000 }).acquire();
  const held = gate();
  engine.before.renew = held.wait;
  await until(() => engine.called('renew'), { what: 'a renewal' });
  const sentBefore = bootClock();
  await until(() => bootClock() > sentBefore + 500, { what: 'a slow answer' });
  const end = endOf(lease);
  engine.before = {};
  held.open();
  await until(() => isRenewed(lease, end), { what: 'the renewal', interval: 1 });
  // The clock first: this process may wait for the processor before the next line.
  const passed = bootClock() - sentBefore;
  expect(lease.remaining).toBeLessThanOrEqual(LONG.giveUp - passed);
});

test('the first deadline counts from when the take was sent', async () => {
  const engine = new MemoryEngine();
  const held = gate();
  engine.before.take = held.wait;
  const lease = leaseOn(engine, LONG);
  const began = bootClock();
  const taken = lease.acquire();
  await until(() => bootClock() > began + 300, { what: 'a slow answer' });
  held.open();
  await taken;
  expect(lease.remaining).toBeLessThanOrEqual(LONG.giveUp - 300);
});

test('isLocked() and remaining go by the clock, in a turn of the event loop that no timer interrupts', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine).acquire();
  const began = bootClock();
  expect(lease.isLocked()).toBe(true);
  busyUntil(began + TIMES.giveUp);
  expect([lease.isLocked(), lease.remaining, lease.lost.aborted]).toEqual([false, 0, false]);
  await until(() => lease.lost.aborted, { what: 'the loss' });
  expect(lostBy(lease)).toMatchObject({ name: 'LeaseLostError', code: 'ERR_LEASE_LOST', why: 'late', key: 'key' });
});

test('a renewal that comes through too late brings nothing back', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine).acquire();
  const held = gate();
  engine.before.renew = held.wait;
  await until(() => engine.called('renew'), { what: 'a renewal' });
  busyUntil(bootClock() + TIMES.giveUp);
  held.open();
  // Promises only, and no timer: whoever judges by a timer takes the renewal for good.
  for (let turn = 0; turn < 20; turn++) await null;
  expect([lease.isLocked(), lostBy(lease)?.why]).toEqual([false, 'late']);
});

test('the reign of another process is a loss at once', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine, LONG).acquire();
  engine.takenBy('other');
  await until(() => lease.lost.aborted, { what: 'the loss' });
  expect([lostBy(lease).why, lease.isLocked(), lease.remaining]).toEqual(['taken', false, 0]);
  expect(engine.standing?.holder).toBe('other');
});

test('renewals that fail are tried again before their turn, and are the cause of the loss', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine).acquire();
  const failure = new Error('connection reset');
  engine.before.renew = () => Promise.reject(failure);
  await until(() => lease.lost.aborted, { what: 'the loss' });
  expect(lostBy(lease)).toMatchObject({ why: 'late', cause: failure });
  expect(engine.called('renew', TIMES.giveUp / TIMES.renewEvery + 2)).toBe(true);
});

test('an engine that goes quiet is asked again, and does not hold the loss up', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine).acquire();
  engine.before.renew = () => new Promise(() => {});
  await until(() => lease.lost.aborted, { what: 'the loss' });
  expect(lostBy(lease)).toMatchObject({ why: 'late', cause: { code: 'ETIMEDOUT' } });
  expect(engine.called('renew', 2)).toBe(true);
});

test('a try that had no answer in its time is followed by the next without a pause', async () => {
  const engine = new MemoryEngine();
  await leaseOn(engine, { duration: 60_000, giveUp: 40_000, renewEvery: 400 }).acquire();
  engine.before.renew = () => new Promise(() => {});
  await until(() => engine.called('renew'), { what: 'a renewal' });
  const timers = vi.spyOn(globalThis, 'setTimeout');
  onTestFinished(() => timers.mockRestore());
  await until(() => engine.called('renew', 2), { what: 'the next one' });
  expect(timers.mock.calls.map(([, delay]) => delay)).toContain(0);
});

test('one failure is no loss', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine, { duration: 30_000, giveUp: 20_000, renewEvery: 200 }).acquire();
  let left = 3;
  engine.before.renew = async () => {
    if (left-- > 0) throw new Error('for now');
  };
  await until(() => left < -1, { what: 'renewals after the failed ones' });
  expect([lease.isLocked(), lease.lost.aborted]).toEqual([true, false]);
});

test('the clock that is set changes nothing', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine).acquire();
  const real = Date.now;
  onTestFinished(() => {
    Date.now = real;
  });
  for (const hours of [1, -1]) {
    const renewals = engine.calls.length;
    Date.now = () => real() + hours * 3_600_000;
    expect(lease.remaining).toBeGreaterThan(0);
    expect(lease.remaining).toBeLessThanOrEqual(TIMES.giveUp);
    await until(() => engine.calls.length > renewals + 1, { what: 'renewals' });
    expect(lease.isLocked()).toBe(true);
  }
  // Set back: whoever counts by it waits for an hour.
  engine.before.renew = () => Promise.reject(new Error('gone'));
  await until(() => lease.lost.aborted, { what: 'the loss' });
});
