import type { Claim, LeaseState, Seal } from '../engine.ts';

/** Content of the key, as JSON. */
export interface Value {
  readonly holder: string;
  readonly claim: string;
  readonly sealed: {
    readonly host: string;
    readonly pid: number;
    readonly since: string;
    readonly info: Readonly<Record<string, string>>;
  } | null;
}

/** A key in etcd's JSON: bytes in base64, 64-bit numbers as text, zeros left out. */
export interface KeyValue {
  readonly value?: string;
  readonly create_revision: string;
  readonly lease?: string;
}

export const encode = (text: string): string => Buffer.from(text).toString('base64');

export function newValue({ holder, id }: Claim): Value {
  return { holder, claim: id, sealed: null };
}

export function sealedValue(value: Value, { host, pid, since, info }: Seal): Value {
  return { ...value, sealed: { host, pid, since: since.toISOString(), info } };
}

/** A value that another program wrote is shown as it is. */
export function readValue({ value = '' }: KeyValue): Value {
  const text = Buffer.from(value, 'base64').toString();
  try {
    const parsed: unknown = JSON.parse(text);
    if (isValue(parsed)) return { ...parsed, sealed: isSeal(parsed.sealed) ? parsed.sealed : null };
  } catch {}
  return { holder: text, claim: '', sealed: null };
}

function isValue(parsed: unknown): parsed is Value {
  const { holder, claim } = (parsed ?? {}) as Partial<Value>;
  return typeof holder === 'string' && typeof claim === 'string';
}

function isSeal(sealed: Value['sealed']): boolean {
  const { host, pid, since, info } = (sealed ?? {}) as Partial<NonNullable<Value['sealed']>>;
  const isText = typeof host === 'string' && typeof since === 'string' && !Number.isNaN(Date.parse(since));
  return isText && Number.isInteger(pid) && typeof info === 'object' && info !== null;
}

export function stateOf(kv: KeyValue, expiresIn: number): LeaseState {
  const { holder, sealed } = readValue(kv);
  return {
    holder,
    host: sealed?.host ?? null,
    pid: sealed?.pid ?? null,
    since: sealed === null ? null : new Date(sealed.since),
    token: BigInt(kv.create_revision),
    expiresIn,
    info: sealed?.info ?? null,
  };
}
