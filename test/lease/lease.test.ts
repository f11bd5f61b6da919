import { fileURLToPath } from 'node:url';
import { AlreadyLeasedError, Lease, LeaseFailedError, LeaseLostError, NotMyLeaseError } from '@daemonium/lease';
import { expect, onTestFinished, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { gate, MemoryEngine } from './memory-engine.ts';

const TIMES = { duration: 30_000, renewEvery: 100, killAt: null, holder: 'me' };

function leaseOn(engine: MemoryEngine, options = {}): Lease {
  const lease = new Lease('key', engine, { ...TIMES, ...options });
  onTestFinished(() => lease[Symbol.asyncDispose]());
  return lease;
}

async function lostLease(engine: MemoryEngine): Promise<Lease> {
  const lease = await leaseOn(engine).acquire();
  engine.takenBy('other');
  await until(() => lease.lost.aborted, { what: 'the loss' });
  return lease;
}

test('acquire, seal, release', async () => {
  const engine = new MemoryEngine();
  const lease = leaseOn(engine);
  expect([lease.isLocked(), lease.token, lease.remaining, lease.killIn]).toEqual([false, null, 0, Number.POSITIVE_INFINITY]);
  expect(await lease.acquire()).toBe(lease);
  expect([lease.isLocked(), lease.token]).toEqual([true, 1n]);
  expect(await lease.seal({ port: '80' })).toBe(lease);
  await lease.release();
  expect([lease.isLocked(), lease.token, engine.standing, lease.lost.aborted]).toEqual([false, null, null, false]);
  await lease.acquire();
  expect(lease.token).toBe(2n);
});

test('seal() acquires without waiting', async () => {
  const engine = new MemoryEngine();
  expect((await leaseOn(engine).seal()).isLocked()).toBe(true);
  await expect(leaseOn(engine).seal()).rejects.toBeInstanceOf(AlreadyLeasedError);
});

test('a lease that is held elsewhere is refused at once with a timeout of 0, or when the time is over', async () => {
  const engine = new MemoryEngine();
  engine.takenBy('web-2');
  for (const timeout of [0, 250]) {
    const error: unknown = await leaseOn(engine)
      .acquire({ timeout })
      .catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(AlreadyLeasedError);
    expect(error).toMatchObject({ code: 'ERR_ALREADY_LEASED', key: 'key', holder: 'web-2' });
    expect((error as Error).message).toBe("Cannot take the lease 'key': held by 'web-2'; stop that one, or wait with a timeout");
  }
  expect(engine.called('close', 2)).toBe(true);
});

test('a waiting process takes the lease when it is free, with one claim for all tries, and is told when the waiting begins', async () => {
  const engine = new MemoryEngine();
  engine.takenBy('other');
  const standby: string[] = [];
  const lease = leaseOn(engine);
  const acquiring = lease.acquire({ onStandby: () => standby.push('once') });
  await until(() => engine.claims.length > 2, { what: 'tries' });
  engine.free();
  await acquiring;
  expect(standby).toEqual(['once']);
  expect(new Set(engine.claims.map(({ id }) => id)).size).toBe(1);
  await lease.release();
  await lease.acquire();
  expect(new Set(engine.claims.map(({ id }) => id)).size).toBe(2);
});

test('an engine that cannot be asked the first time is an error; one that fails later is waited for', async () => {
  const engine = new MemoryEngine();
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  engine.before.take = () => Promise.reject(refused);
  const error: unknown = await leaseOn(engine)
    .acquire()
    .catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(LeaseFailedError);
  expect(error).toMatchObject({ code: 'ERR_LEASE_FAILED', cause: refused });
  expect((error as Error).message).toContain('is the engine running, and is this its address?');

  engine.before = {};
  engine.takenBy('other');
  const lease = leaseOn(engine);
  const acquiring = lease.acquire();
  await until(() => engine.called('waitFree'), { what: 'the waiting' });
  let failures = 0;
  engine.before.take = async () => {
    if (failures++ < 2) throw refused;
  };
  engine.free();
  await acquiring;
  expect(lease.isLocked()).toBe(true);
});

test('the error at the end of the waiting names the last failure', async () => {
  const engine = new MemoryEngine();
  engine.takenBy('other');
  const failure = new Error('gone');
  const acquiring = leaseOn(engine).acquire({ timeout: 1_500 });
  await until(() => engine.called('waitFree'), { what: 'the waiting' });
  engine.before.take = () => Promise.reject(failure);
  await expect(acquiring).rejects.toMatchObject({ name: 'AlreadyLeasedError', holder: 'other', cause: failure });
});

test('a take whose answer was lost is known again by its claim', async () => {
  const engine = new MemoryEngine();
  engine.takenBy('other');
  const lease = leaseOn(engine);
  const acquiring = lease.acquire();
  await until(() => engine.called('waitFree'), { what: 'the waiting' });
  let lost = false;
  engine.before.take = async () => {
    if (engine.standing?.holder !== 'me' || lost) return;
    lost = true;
    throw new Error('the answer was lost');
  };
  engine.free();
  await acquiring;
  expect([lost, lease.token]).toEqual([true, 3n]);
});

test('a hint that comes all the time keeps no processor busy', async () => {
  const engine = new MemoryEngine();
  engine.takenBy('other');
  engine.before.waitFree = async () => {};
  const began = performance.now();
  await leaseOn(engine)
    .acquire({ timeout: 300 })
    .catch(() => {});
  expect(engine.claims.length).toBeLessThanOrEqual((performance.now() - began) / 5);
});

test('a first take may be slow: a reign of which too little is left is given back, and taken again', async () => {
  const engine = new MemoryEngine();
  const began = performance.now();
  engine.before.take = async () => {
    if (engine.claims.length === 1) await until(() => performance.now() > began + 800, { what: 'a slow first answer' });
  };
  const lease = await leaseOn(engine, { duration: 1_000, renewEvery: 100 }).acquire({ timeout: 0 });
  expect([lease.token, engine.called('drop')]).toEqual([2n, true]);
});

test('an abort ends the waiting with its reason', async () => {
  const engine = new MemoryEngine();
  engine.takenBy('other');
  const over = new AbortController();
  const acquiring = leaseOn(engine).acquire({ signal: over.signal });
  await until(() => engine.called('waitFree'), { what: 'the waiting' });
  over.abort(new Error('enough'));
  await expect(acquiring).rejects.toThrow('enough');
  await expect(leaseOn(engine).acquire({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
});

test('a lease that is taken after the abort is given back', async () => {
  const engine = new MemoryEngine();
  const held = gate();
  engine.before.take = held.wait;
  const over = new AbortController();
  const lease = leaseOn(engine, { renewEvery: 5_000 });
  const acquiring = lease.acquire({ signal: over.signal });
  await until(() => engine.standing !== null, { what: 'the take' });
  over.abort(new Error('enough'));
  held.open();
  await expect(acquiring).rejects.toThrow('enough');
  expect([engine.standing, lease.isLocked()]).toEqual([null, false]);
});

test('one object takes it once', async () => {
  const engine = new MemoryEngine();
  const lease = leaseOn(engine);
  const acquiring = lease.acquire();
  await expect(lease.acquire()).rejects.toThrow('this object is taking it already');
  await acquiring;
  await expect(lease.acquire()).rejects.toThrow('this object has it already');
  await lease.release();
  await lease.acquire();
});

test('a dead predecessor is ended by its token, and by nothing else', async () => {
  const engine = new MemoryEngine();
  const token = engine.takenBy('predecessor');
  await expect(leaseOn(engine).acquire({ timeout: 0, predecessor: token - 1n })).rejects.toBeInstanceOf(AlreadyLeasedError);
  expect((await leaseOn(engine).acquire({ timeout: 0, predecessor: token })).token).toBe(token + 1n);
});

test('the engine hears of a release when no work goes on any more, and the release is tried again', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine, { renewEvery: 5_000 }).acquire();
  const seen: boolean[] = [];
  let failures = 0;
  engine.before.drop = async () => {
    seen.push(lease.isLocked());
    if (failures++ === 0) {
      engine.takenBy('me');
      throw new Error('reset');
    }
  };
  // The first try was carried out and its answer lost: the second finds another's reign.
  await expect(lease.release()).rejects.toBeInstanceOf(NotMyLeaseError);
  expect(seen).toEqual([false, false]);
});

test('a release that cannot be told is an error, and the reign is given up all the same', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine).acquire();
  engine.before.drop = () => Promise.reject(new Error('gone'));
  await expect(lease.release()).rejects.toMatchObject({ code: 'ERR_LEASE_FAILED', message: "Cannot release the lease 'key': gone" });
  expect([lease.isLocked(), lease.token]).toEqual([false, null]);
});

test('a lease that is not held, or lost, is neither sealed nor released', async () => {
  const engine = new MemoryEngine();
  await expect(leaseOn(engine).release()).rejects.toBeInstanceOf(NotMyLeaseError);
  const lease = await lostLease(engine);
  await expect(lease.seal()).rejects.toMatchObject({ code: 'ERR_NOT_MY_LEASE', cause: lease.lost.reason });
  await expect(lease.release()).rejects.toMatchObject({ code: 'ERR_NOT_MY_LEASE', cause: expect.any(LeaseLostError) });
  expect(engine.called('drop')).toBe(false);
});

test('a lost lease is taken again only when its user says that the work has ended', async () => {
  const engine = new MemoryEngine();
  const lease = await lostLease(engine);
  const { lost } = lease;
  await expect(lease.acquire()).rejects.toBe(lost.reason);
  await lease.release().catch(() => {});
  engine.free();
  await lease.acquire();
  expect([lease.isLocked(), lease.lost.aborted, lost.aborted]).toEqual([true, false, true]);
});

test('a seal that finds another reign is a loss', async () => {
  const engine = new MemoryEngine();
  const lease = await leaseOn(engine, { renewEvery: 5_000 }).acquire();
  engine.takenBy('other');
  await expect(lease.seal()).rejects.toBeInstanceOf(NotMyLeaseError);
  expect(lease.lost.reason).toMatchObject({ why: 'taken' });
});

test('look() names the leader, and rejects with the error of the engine', async () => {
  const engine = new MemoryEngine();
  expect(await leaseOn(engine).look()).toBeNull();
  engine.takenBy('other');
  expect(await leaseOn(engine).look()).toMatchObject({ holder: 'other', token: 1n });
  engine.before.look = () => Promise.reject(new Error('gone'));
  await expect(leaseOn(engine).look()).rejects.toThrow("Cannot look at the lease 'key': gone");
});

test('disposing releases, and is silent when the lease is not held', async () => {
  const engine = new MemoryEngine();
  await leaseOn(engine)[Symbol.asyncDispose]();
  await (await lostLease(engine))[Symbol.asyncDispose]();
  engine.free();
  await (await leaseOn(engine).acquire())[Symbol.asyncDispose]();
  expect(engine.standing).toBeNull();
});

test('a lease that is held keeps no process alive; one that is waited for does', async () => {
  const box = sandbox();
  const program = `
    import { Lease } from '@daemonium/lease';
    const never = () => new Promise(() => {});
    const engine = { take: async () => ({ reign: { token: 1n } }), renew: never, seal: never, drop: never, look: never, waitFree: never, close: async () => {} };
    await new Lease('key', engine).acquire();
    const standing = { holder: 'x', token: 1n, expiresIn: 60_000 };
    let tries = 0;
    const other = { ...engine, take: async () => (++tries < 3 ? { standing } : { reign: { token: 2n } }) };
    await new Lease('key', other, { duration: 1_000 }).acquire();
    console.log('held', tries);`;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  expect(await box.launch('', { args: ['--input-type=module', '-e', program], cwd: root })).toMatchObject({
    code: 0,
    stdout: 'held 3\n',
    stderr: '',
  });
});

test('compare() is an error where the engine has no such thing', async () => {
  const lease = await leaseOn(new MemoryEngine()).acquire();
  expect(() => lease.compare()).toThrow("Option 'engine': expected one that has compare(), such as etcd");
});

test('an object that is disposed of while it waits, or takes, has nothing afterwards', async () => {
  const engine = new MemoryEngine();
  engine.takenBy('other');
  const waiting = leaseOn(engine);
  const asked = waiting.acquire({ signal: new AbortController().signal });
  await until(() => engine.called('waitFree'), { what: 'the waiting' });
  await waiting[Symbol.asyncDispose]();
  await expect(asked).rejects.toBeInstanceOf(NotMyLeaseError);
  engine.free();
  const answer = gate();
  engine.before.take = answer.wait;
  const takes = engine.calls.filter((call) => call === 'take').length;
  const taking = leaseOn(engine);
  const taken = taking.acquire();
  await until(() => engine.called('take', takes + 1), { what: 'the question' });
  await taking[Symbol.asyncDispose]();
  answer.open();
  await expect(taken).rejects.toBeInstanceOf(NotMyLeaseError);
  expect([engine.standing, waiting.isLocked(), taking.isLocked()]).toEqual([null, false, false]);
  // It can be used again.
  engine.before = {};
  expect((await waiting.acquire()).isLocked()).toBe(true);
});
