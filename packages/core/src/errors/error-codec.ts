/** An error as plain data, on its way to another process. */
export interface EncodedError {
  /** Name of the class, for the classes that both sides know. */
  readonly class: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Own properties that JSON can carry, such as `code`, `stage`, `path`, `pid`, `errno`. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly cause?: EncodedError;
  readonly errors?: readonly EncodedError[];
}

/** Longer texts are cut, with a mark: a report has to stay something that can be read. */
const TEXT_MAX = 1 << 20;
const DEPTH_MAX = 8;
const ERRORS_MAX = 100;

/** Turns any thrown value into plain data. A value that is no error becomes an error that shows it. */
export function encodeError(thrown: unknown, depth = 0, seen: ReadonlySet<unknown> = new Set()): EncodedError {
  if (!isError(thrown)) {
    const text = cut(show(thrown));
    return {
      class: 'Error',
      name: 'Error',
      message: `${text} was thrown, which is not an Error`,
      stack: `Thrown: ${text}`,
      properties: { thrown: text },
    };
  }
  const path = new Set(seen).add(thrown);
  const inner = (value: unknown): EncodedError | undefined =>
    depth < DEPTH_MAX && !path.has(value) ? encodeError(value, depth + 1, path) : undefined;
  const cause = read(() => (thrown.cause === undefined ? undefined : inner(thrown.cause)), undefined);
  const errors = read(() => (thrown as AggregateError).errors, undefined);
  const several = Array.isArray(errors) ? errors.slice(0, ERRORS_MAX).flatMap((each) => inner(each) ?? []) : undefined;
  return {
    class: read(() => String(thrown.constructor.name), 'Error'),
    name: read(() => cut(String(thrown.name)), 'Error'),
    message: read(() => cut(String(thrown.message)), ''),
    stack: read(() => cut(String(thrown.stack ?? thrown)), ''),
    properties: read(() => plainProperties(thrown), {}),
    ...(cause === undefined ? {} : { cause }),
    ...(several === undefined ? {} : { errors: several }),
  };
}

/**
 * The error again, with the stack of the process that threw it.
 * @param make gives it its class, where this side knows it
 */
export function decodeError(sent: EncodedError, make: (encoded: EncodedError) => Error = ({ message }) => new Error(message)): Error {
  const encoded = isEncoded(sent) ? sent : UNREADABLE;
  const error = make(encoded);
  const define = (name: string, value: unknown, enumerable = false) =>
    Object.defineProperty(error, name, { value, enumerable, configurable: true, writable: true });
  define('stack', encoded.stack);
  if (error.name !== encoded.name) define('name', encoded.name);
  for (const [name, value] of Object.entries(encoded.properties)) define(name, value, true);
  if (encoded.cause !== undefined) define('cause', decodeError(encoded.cause, make));
  if (Array.isArray(encoded.errors))
    define(
      'errors',
      encoded.errors.map((each) => decodeError(each, make)),
    );
  return error;
}

/** A daemon that has given up root, and was broken into, sends anything. */
const UNREADABLE: EncodedError = {
  ...{ class: 'Error', name: 'Error', properties: {} },
  ...{ message: 'an error was reported that cannot be read', stack: 'Error: an error was reported that cannot be read' },
};

function isEncoded(sent: unknown): sent is EncodedError {
  if (typeof sent !== 'object' || sent === null) return false;
  const { class: className, name, message, stack, properties } = sent as Partial<EncodedError>;
  return (
    [className, name, message, stack].every((text) => typeof text === 'string') && typeof properties === 'object' && properties !== null
  );
}

function isError(value: unknown): value is Error {
  return read(() => value instanceof Error || Object.prototype.toString.call(value) === '[object Error]', false);
}

/** A thrown Proxy, a getter that throws: the report must come through whatever the error is like. */
function read<T>(get: () => T, otherwise: T): T {
  try {
    return get();
  } catch {
    return otherwise;
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return read(() => process.getBuiltinModule('node:util').inspect(value, { depth: 3 }), 'a value that cannot be shown');
}

function plainProperties(error: Error): Record<string, unknown> {
  const properties: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    if (key === 'cause' || key === 'errors' || key === '__proto__') continue;
    const value = read(() => (error as unknown as Record<string, unknown>)[key], undefined);
    if (typeof value === 'string') properties[key] = cut(value);
    else if (value === null || typeof value === 'number' || typeof value === 'boolean') properties[key] = value;
    else {
      const text = read(() => JSON.stringify(value), undefined);
      if (text !== undefined && text.length <= TEXT_MAX) properties[key] = JSON.parse(text);
    }
  }
  return properties;
}

function cut(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}\n[cut: ${text.length - TEXT_MAX} more characters]`;
}
