import { HEADER_BYTES, MAGIC, type Payload, structuredCloneFormat } from './payload.ts';

/**
 * The payload as bytes: a header line with nonce, encoding and length, then JSON, or structured clone where JSON would lose something.
 * @throws {Error} `ERR_PAYLOAD_SIZE`
 */
export function encodePayload(payload: Payload, nonce: string): Buffer {
  const plain = isPlain(payload);
  const body = bytes(payload, plain);
  const header = `${MAGIC}${nonce} ${plain ? 'J' : 'V'} ${body.length}`.padEnd(HEADER_BYTES - 1);
  return Buffer.concat([Buffer.from(`${header}\n`), body]);
}

/** @throws {Error} `ERR_PAYLOAD_SIZE` */
function bytes(payload: Payload, plain: boolean): Buffer {
  try {
    return plain ? Buffer.from(JSON.stringify(payload)) : structuredCloneFormat().serialize(payload);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message =
      'The data for the daemon (args, kwargs, options, environment) is longer than a JavaScript string can be, 512 MiB: give it the path of a file instead';
    throw Object.assign(new Error(message, { cause }), { code: 'ERR_PAYLOAD_SIZE' });
  }
}

/** Whether JSON gives back exactly this value. */
function isPlain(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || depth > 50) return false;
  if (Array.isArray(value)) return value.length === Object.keys(value).length && value.every((item) => isPlain(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.getOwnPropertySymbols(value).length > 0) return false;
  if ('toJSON' in value || Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every((item) => isPlain(item, depth + 1));
}
