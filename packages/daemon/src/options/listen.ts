import { lstatSync, statSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { errnoError, OptionError, readPart, readParts } from '@daemonium/core/start';
import { isSameAddress } from '../internal/socket-address.ts';
import type { GivenOptions, ListenTarget } from './given-options.ts';
import { refuseUnusable, resolvePath } from './paths.ts';

/** An address to listen on: in the manner of net.Server, and with a name as sockets of systemd have one. */
export type ListenAddress = TcpAddress | PathAddress;

interface TcpAddress {
  /** `null`: all addresses of this host, IPv6 and IPv4. */
  readonly host: string | null;
  readonly port: number;
  readonly name: string;
  readonly backlog: number;
}

interface PathAddress {
  readonly path: string;
  /** Octal mode of the socket's file. */
  readonly mode: number;
  readonly name: string;
  readonly backlog: number;
}

/** Node's own default. */
const BACKLOG = 511;
/** listen(2) takes an int; Node.js makes a larger number another one. */
const BACKLOG_MAX = 2 ** 31 - 1;
/** Only the owner may connect by default. */
const MODE = 0o600;
/** sd_listen_fds_with_names(3) gives this name to a socket without one. */
const NAMELESS = 'unknown';
const KEYS = { tcp: ['host', 'port', 'name', 'backlog'], path: ['path', 'mode', 'name', 'backlog'] } as const;
const EXPECTED = "a port, 'host:port' ('[::1]:80' for IPv6), an absolute path, { host?, port, name?, backlog? } or { path, mode?, name? }";

/** `listen`, checked; `null` when it is not given. Nothing is looked up, and nothing opened. @throws {OptionError} */
export function resolveListen({ listen, monitor }: Pick<GivenOptions, 'listen' | 'monitor'>): readonly ListenAddress[] | null {
  if (listen === undefined) return null;
  if (!Array.isArray(listen)) throw new OptionError('listen', `an array, each item of it ${EXPECTED}`, listen, 'ERR_OPTION_TYPE');
  if (monitor === false)
    throw new OptionError('monitor', 'true: the launcher of a daemon with listen waits for it', monitor, 'ERR_OPTION_VALUE');
  // Array.from: holes are no addresses.
  const addresses = Array.from(listen, (item: unknown, index) => resolveItem(`listen[${index}]`, item));
  for (const [index, address] of addresses.entries()) {
    const isSecond = addresses.slice(0, index).some((other) => isSameAddress(other, address) && !('port' in address && address.port === 0));
    if (isSecond) throw new OptionError(`listen[${index}]`, 'an address that is not there twice', listen[index], 'ERR_OPTION_VALUE');
  }
  return addresses;
}

function resolveItem(option: string, item: unknown): ListenAddress {
  if (typeof item === 'number') return tcp(option, { port: item });
  if (typeof item === 'string') return fromText(option, item);
  if (typeof item !== 'object' || item === null) throw new OptionError(option, EXPECTED, item, 'ERR_OPTION_TYPE');
  const keys: readonly string[] = 'path' in item ? KEYS.path : KEYS.tcp;
  const unknown = Object.keys(item).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    const value = readPart(item, unknown, `${option}.${unknown}`);
    throw new OptionError(`${option}.${unknown}`, `one of ${keys.join(', ')}`, value, 'ERR_OPTION_UNKNOWN');
  }
  const given = readParts(item, keys, `${option}.`);
  return 'path' in item ? path(option, given) : tcp(option, given);
}

function fromText(option: string, text: string): ListenAddress {
  if (/^[0-9]+$/.test(text)) return tcp(option, { port: Number(text) });
  if (isAbsolute(text)) return path(option, { path: text });
  const match = /^(?:\[([0-9a-fA-F:.%a-z]+)\]|([^:[\]/\s]+)):([0-9]+)$/.exec(text);
  if (match === null) throw new OptionError(option, EXPECTED, text, 'ERR_OPTION_VALUE');
  const host = match[1] ?? match[2];
  return tcp(option, { ...(host === '*' ? {} : { host }), port: Number(match[3]) });
}

function tcp(option: string, { host, port, name, backlog }: Partial<Record<string, unknown>>): TcpAddress {
  if (typeof port !== 'number') throw new OptionError(`${option}.port`, 'a port, 0 to 65535', port, 'ERR_OPTION_TYPE');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new OptionError(option, 'a port, 0 to 65535', port, 'ERR_OPTION_RANGE');
  if (host !== undefined && (typeof host !== 'string' || host === '' || /[\s\0/]/.test(host)))
    throw new OptionError(`${option}.host`, "an address or a host's name", host, 'ERR_OPTION_VALUE');
  return { host: host ?? null, port, ...common(option, name, backlog) };
}

function path(option: string, given: Partial<Record<string, unknown>>): PathAddress {
  const { path: file, mode, name, backlog } = given as Partial<ListenTarget & Record<'path' | 'mode' | 'name' | 'backlog', unknown>>;
  if (typeof file !== 'string' || !isAbsolute(file)) throw new OptionError(`${option}.path`, 'an absolute path', file, 'ERR_OPTION_VALUE');
  const resolved = resolvePath(`${option}.path`, file);
  if (mode !== undefined && (typeof mode !== 'number' || !Number.isInteger(mode) || mode < 0 || mode > 0o777))
    throw new OptionError(`${option}.mode`, 'an octal mode from 0 to 0o777', mode, 'ERR_OPTION_RANGE');
  refuseUnusable(option, resolved, () => refuseOtherKinds(resolved));
  return { path: resolved, mode: mode ?? MODE, ...common(option, name, backlog) };
}

/** Only a socket may be a former daemon's, and may be replaced. */
function refuseOtherKinds(file: string): void {
  if (!statSync(dirname(file)).isDirectory()) throw errnoError('ENOTDIR', 'not a directory', { path: dirname(file) });
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found !== undefined && !found.isSocket()) throw errnoError('EEXIST', 'there is a file that is not a socket', { path: file });
}

function common(option: string, name: unknown, backlog: unknown): { readonly name: string; readonly backlog: number } {
  // Colons separate names in LISTEN_FDNAMES.
  if (name !== undefined && (typeof name !== 'string' || !/^[\x21-\x39\x3b-\x7e]{1,255}$/.test(name)))
    throw new OptionError(`${option}.name`, 'a name of printable ASCII without colon', name, 'ERR_OPTION_VALUE');
  if (backlog !== undefined && (typeof backlog !== 'number' || !Number.isInteger(backlog) || backlog < 1 || backlog > BACKLOG_MAX))
    throw new OptionError(`${option}.backlog`, `an integer from 1 to ${BACKLOG_MAX}`, backlog, 'ERR_OPTION_RANGE');
  return { name: name ?? NAMELESS, backlog: backlog ?? BACKLOG };
}
