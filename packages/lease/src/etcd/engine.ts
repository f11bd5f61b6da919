import type { Claim, LeaseEngine, LeaseState, Reign, Seal, Taking } from '../engine.ts';
import type { Ask, Gateway } from './gateway.ts';
import { encode, type KeyValue, newValue, readValue, sealedValue, stateOf, type Value } from './value.ts';
import { untilDeleted } from './watch.ts';

/** etcd's lease, and the content of the key, from which sealing makes the new one. */
interface KeyReign extends Reign {
  readonly lease: string;
  readonly value: Value;
}

/** The entry as `take` found it. Later changes of the key, after this revision, are not known. */
interface Standing extends LeaseState {
  readonly revision: bigint;
}

/** A key that etcd removes with its lease. The token is the revision that made the key. */
export class EtcdEngine implements LeaseEngine {
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  take(claim: Claim, timeout: number): Promise<Taking> {
    return this.#gateway.attempt(timeout, async (ask) => {
      const { kv, revision } = await find(ask, claim.key);
      if (kv !== null) {
        // Our own take worked, and its answer was lost.
        if (readValue(kv).claim === claim.id) await remove(ask, claim.key, BigInt(kv.create_revision));
        else return { standing: { ...stateOf(kv, await expiry(ask, kv)), revision } };
      }
      return put(ask, claim);
    });
  }

  renew(key: string, reign: Reign, duration: number, timeout: number): Promise<boolean> {
    const { lease, token } = reign as KeyReign;
    return this.#gateway.attempt(timeout, async (ask) => {
      if (!(await stands(ask, key, token))) return false;
      const { TTL } = await ask('/v3/lease/keepalive', { ID: lease });
      if (Number(TTL ?? 0) === 0) return false;
      checkGranted(TTL, duration);
      // A lease outlives its key when that is removed. And a former leader of the cluster still renews by itself, but cannot answer this question.
      return stands(ask, key, token);
    });
  }

  seal(key: string, reign: Reign, seal: Seal, timeout: number): Promise<boolean> {
    const { lease, value, token } = reign as KeyReign;
    const put = { key: encode(key), value: encode(JSON.stringify(sealedValue(value, seal))), lease };
    return this.#gateway.attempt(timeout, async (ask) => {
      const { succeeded } = await ask('/v3/kv/txn', { compare: [this.compare(key, token)], success: [{ request_put: put }] });
      return succeeded === true;
    });
  }

  drop(key: string, { token }: Reign, timeout: number): Promise<boolean> {
    return this.#gateway.attempt(timeout, async (ask) => (await stands(ask, key, token)) && remove(ask, key, token));
  }

  look(key: string, timeout: number): Promise<LeaseState | null> {
    return this.#gateway.attempt(timeout, async (ask) => {
      const { kv } = await find(ask, key);
      return kv === null ? null : stateOf(kv, await expiry(ask, kv));
    });
  }

  async waitFree(key: string, standing: LeaseState, signal: AbortSignal): Promise<void> {
    const from = (standing as Standing).revision + 1n;
    // Only deletions: a seal is no end.
    const request = { key: encode(key), start_revision: String(from), filters: ['NOPUT'] };
    await untilDeleted(await this.#gateway.stream('/v3/watch', { create_request: request }, signal));
  }

  async close(): Promise<void> {
    this.#gateway.close();
  }

  compare(key: string, token: bigint): Readonly<Record<string, string>> {
    return { key: encode(key), target: 'CREATE', result: 'EQUAL', create_revision: String(token) };
  }
}

/** A question that waited for a leader fails when there is one. It is asked anew then. */
async function find(ask: Ask, key: string): Promise<{ kv: KeyValue | null; revision: bigint }> {
  try {
    const { kvs, header } = (await ask('/v3/kv/range', { key: encode(key) })) as { kvs?: KeyValue[]; header: { revision: string } };
    return { kv: kvs?.[0] ?? null, revision: BigInt(header.revision) };
  } catch (error) {
    if (!isLeaderChange(error)) throw error;
    return find(ask, key);
  }
}

/** @see https://github.com/etcd-io/etcd/blob/main/api/v3rpc/rpctypes/error.go ErrGRPCLeaderChanged */
function isLeaderChange(error: unknown): boolean {
  return error instanceof Error && error.message === 'etcdserver: leader changed';
}

/**
 * The first question of a change: between two leaders a member holds it back, and lets go of it at the election. A keepalive looks for the leader once a
 * second, and a txn may be lost.
 */
async function stands(ask: Ask, key: string, token: bigint): Promise<boolean> {
  const { kv } = await find(ask, key);
  return kv !== null && BigInt(kv.create_revision) === token;
}

/** Time left in whole seconds, which etcd rounds down; none when the lease has ended, and infinite for a key without a lease. */
async function expiry(ask: Ask, { lease = '0' }: KeyValue): Promise<number> {
  if (lease === '0') return Number.POSITIVE_INFINITY;
  const { TTL } = await ask('/v3/lease/timetolive', { ID: lease });
  return Math.max(0, Number(TTL ?? 0)) * 1000;
}

async function put(ask: Ask, claim: Claim): Promise<Taking> {
  const { ID, TTL } = await ask('/v3/lease/grant', { TTL: Math.ceil(claim.duration / 1000) });
  checkGranted(TTL, claim.duration);
  const [key, lease, value] = [encode(claim.key), String(ID), newValue(claim)];
  const { succeeded, header } = await ask('/v3/kv/txn', {
    compare: [{ key, target: 'CREATE', result: 'EQUAL', create_revision: '0' }],
    success: [{ request_put: { key, value: encode(JSON.stringify(value)), lease } }],
  });
  if (succeeded === true) {
    const reign: KeyReign = { token: BigInt((header as { revision: string }).revision), lease, value };
    return { reign };
  }
  await revoke(ask, lease);
  return { standing: null };
}

/** Removes the key, identified by the revision that made it. The key's lease is of no more use then. */
async function remove(ask: Ask, key: string, token: bigint): Promise<boolean> {
  const bytes = encode(key);
  const { succeeded, responses } = (await ask('/v3/kv/txn', {
    compare: [{ key: bytes, target: 'CREATE', result: 'EQUAL', create_revision: String(token) }],
    success: [{ request_range: { key: bytes } }, { request_delete_range: { key: bytes } }],
  })) as { succeeded?: boolean; responses?: { response_range?: { kvs?: KeyValue[] } }[] };
  if (succeeded !== true) return false;
  const lease = responses?.[0]?.response_range?.kvs?.[0]?.lease;
  if (lease !== undefined) await revoke(ask, lease);
  return true;
}

/** Ends a lease. If that fails, the lease ends by itself. */
async function revoke(ask: Ask, lease: string): Promise<void> {
  await ask('/v3/lease/revoke', { ID: lease }).catch(() => {});
}

function checkGranted(seconds: unknown, duration: number): void {
  if (Number(seconds) * 1000 >= duration) return;
  throw new Error(`etcd grants a lease of ${String(seconds)} s, expected at least ${duration} ms`);
}
