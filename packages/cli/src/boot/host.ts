import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '@daemonium/core/registry';
import { CommandError } from '../errors/command-error.ts';
import { NOT_PERMITTED, USAGE } from '../errors/exit-codes.ts';
import { type Format, type UnitFile, unitFiles } from './format.ts';
import { launchdLabel } from './formats/launchd.ts';
import type { Service } from './service.ts';

/** A command, with its words. */
export type Words = readonly string[];

/** The files and commands that have this machine's host start a service at boot, and those that undo it. */
export interface Installation {
  /** The host's name in the column BOOT. */
  readonly host: string;
  readonly directory: string;
  readonly files: readonly UnitFile[];
  /** Commands to run once the files are there. */
  readonly enable: readonly Words[];
  /**
   * Commands to run before the files are removed. The service may have been disabled by hand: a failure here is reported, and does not stop
   * the removal.
   */
  readonly disable: readonly Words[];
  /** Commands to run once the files are removed. */
  readonly after: readonly Words[];
  /** Command that starts the daemon now, before the next boot. */
  readonly startNow: Words;
}

export interface Wanted {
  readonly user?: boolean;
  readonly system?: boolean;
}

/**
 * The daemons of root belong to the system, those of another user to that user: each registry has one place.
 * @throws {CommandError} the other place was asked for, or no host that is known runs here
 */
export function installation(service: Service, { uid }: Places, { user = false, system = false }: Wanted): Installation {
  const isRoot = uid === 0;
  const { name, owner } = service;
  if (isRoot && user) throw new CommandError("--user is for the daemons of a user: root's are the system's", USAGE);
  if (!isRoot && system) {
    throw new CommandError(
      `--system is for root's daemons. One of yours is put there by hand, and runs as ${owner}: daemonium unit ${name} --for systemd`,
      NOT_PERMITTED,
    );
  }
  const home = process.getBuiltinModule('node:os').homedir();
  if (process.platform === 'darwin') return launchd(service, home, uid);
  if (existsSync('/run/systemd/system')) return systemd(service, isRoot ? null : userDirectory(home));
  if (existsSync('/run/openrc') && isRoot) return openrc(service);
  const found = existsSync('/run/openrc') ? 'OpenRC starts only daemons of root' : 'neither systemd nor OpenRC nor launchd runs here';
  throw new CommandError(`${found}. A unit for another system is printed by: daemonium unit ${name} --for FORMAT`);
}

/** Default format of `unit`: the one of this machine's host. */
export function usualFormat({ uid }: Places): Format {
  if (process.platform === 'darwin') return 'launchd';
  if (existsSync('/run/openrc') && !existsSync('/run/systemd/system')) return 'openrc';
  return uid === 0 ? 'systemd' : 'systemd-user';
}

/** Directory of a user's units, for systemd. */
export function userDirectory(home: string, config = process.env['XDG_CONFIG_HOME']): string {
  return join(config?.startsWith('/') === true ? config : join(home, '.config'), 'systemd/user');
}

export const SYSTEM_DIRECTORY = '/etc/systemd/system';

function systemd(service: Service, directory: string | null): Installation {
  const format: Format = directory === null ? 'systemd' : 'systemd-user';
  const files = unitFiles(service, format);
  const systemctl = ['systemctl', ...(directory === null ? [] : ['--user'])];
  const units = files.flatMap(({ name }) => (/\.(service|socket)$/.test(name) ? name : []));
  return {
    host: 'systemd',
    directory: directory ?? SYSTEM_DIRECTORY,
    files,
    enable: [
      [...systemctl, 'daemon-reload'],
      [...systemctl, 'enable', ...units],
      ...(directory === null ? [] : [['loginctl', 'enable-linger', service.owner ?? '']]),
    ],
    disable: [[...systemctl, 'disable', '--now', ...units]],
    after: [[...systemctl, 'daemon-reload']],
    startNow: [...systemctl, 'start', ...units.slice(1), units[0] ?? ''],
  };
}

function launchd(service: Service, home: string, uid: number): Installation {
  const isRoot = uid === 0;
  const directory = isRoot ? '/Library/LaunchDaemons' : join(home, 'Library/LaunchAgents');
  const domain = isRoot ? 'system' : `gui/${uid}`;
  const files = unitFiles(service, 'launchd');
  const label = `${domain}/${launchdLabel(service)}`;
  return {
    host: 'launchd',
    directory,
    files,
    enable: [['launchctl', 'enable', label]],
    disable: [['launchctl', 'bootout', label]],
    after: [],
    startNow: ['launchctl', 'bootstrap', domain, join(directory, files[0]?.name ?? '')],
  };
}

function openrc(service: Service): Installation {
  const { unit } = service;
  return {
    host: 'openrc',
    directory: '/etc/init.d',
    files: unitFiles(service, 'openrc'),
    enable: [['rc-update', 'add', unit, 'default']],
    disable: [
      ['rc-service', '--ifstarted', unit, 'stop'],
      ['rc-update', 'del', unit, 'default'],
    ],
    after: [],
    startNow: ['rc-service', unit, 'start'],
  };
}
