import { defined, OptionError, requireBeside, withoutSecret } from '@daemonium/core/start';
import type { DaemonLease, LeaseData } from '../options/lease-option.ts';

/** The part of `@daemonium/lease` that this file uses. */
interface LeasePackage {
  readonly Lease: new (key: string, engine: object, options: object) => DaemonLease;
}
type EnginePackage = Readonly<Record<string, (...target: unknown[]) => object>>;

/**
 * Makes the lease from its data. Does not connect to the engine, and opens nothing.
 * @throws {OptionError} of its key, its times, its URL; or the package is not there
 */
export function makeLease({ key, engine, urlFrom, ...options }: LeaseData, env: NodeJS.ProcessEnv): DaemonLease {
  const { Lease } = load('@daemonium/lease') as LeasePackage;
  const made = makeEngine(engine, urlFrom, env);
  try {
    return new Lease(key, made, defined(options));
  } catch (error) {
    if (error instanceof OptionError) throw ofLease(error);
    throw error;
  }
}

function makeEngine(engine: LeaseData['engine'], urlFrom: string, env: NodeJS.ProcessEnv): object {
  const { [engine]: make } = load(`@daemonium/lease/${engine}`) as EnginePackage;
  const url = Object.hasOwn(env, urlFrom) ? env[urlFrom] : undefined;
  if (url === undefined || url === '')
    throw new OptionError('lease.urlFrom', 'the name of an environment variable that is set', withoutSecret(urlFrom), 'ERR_OPTION_VALUE');
  try {
    return engine === 'etcd' ? make!(...etcdTarget(url)) : make!(url);
  } catch (error) {
    // A % that begins no byte is a URIError.
    if (!(error instanceof OptionError || error instanceof URIError)) throw error;
    // The value is not shown: it may have a password in it.
    const expected = `a variable that holds the URL of ${engine === 'etcd' ? 'etcd, such as http://127.0.0.1:2379' : 'PostgreSQL, such as postgres://user@host/database'}`;
    throw new OptionError('lease.urlFrom', expected, urlFrom, 'ERR_OPTION_VALUE');
  }
}

/** etcd takes several URLs, and user and password beside them. */
function etcdTarget(text: string): [urls: string[], options: object] {
  const urls = text.split(',').map((each) => each.trim());
  const first = URL.canParse(urls[0] ?? '') ? new URL(urls[0] as string) : null;
  if (first === null || first.username === '') return [urls, {}];
  const { username, password } = first;
  first.username = '';
  first.password = '';
  const account = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  return [[first.href, ...urls.slice(1)], account];
}

function load(name: string): unknown {
  try {
    return requireBeside(name, import.meta.url);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new OptionError('lease', 'the package @daemonium/lease to be installed: npm install @daemonium/lease', name, 'ERR_OPTION_VALUE', {
      cause,
    });
  }
}

/** The same fault, named after the daemon's option. */
function ofLease(error: OptionError): OptionError {
  const expected = /: expected (.*), got /s.exec(error.message)?.[1] ?? error.message;
  return new OptionError(`lease.${error.option}`, expected, error.value, error.code);
}
