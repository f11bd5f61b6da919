import { hexEscape } from '../../words/hex-escape.ts';
import { asStream, type ListenAddress } from '../listen-addresses.ts';
import { madeFor, type Service } from '../service.ts';
import { checkVariableName, unfit } from '../unfit.ts';

const CONTROL = /[\x01-\x1f\x7f]/g;

/**
 * A word of ExecStart= or Environment=: quoted, and without specifiers; in a command line without variables either.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html#Quoting
 */
function quoted(word: string, inCommand: boolean): string {
  const plain = word.replaceAll('%', '%%');
  const safe = inCommand ? plain.replaceAll('$', '$$$$') : plain;
  if (/^[\w./:@%+,=$-]+$/.test(safe)) return safe;
  return `"${safe.replace(/[\\"]/g, '\\$&').replace(CONTROL, hexEscape)}"`;
}

function commandLine([program = '', ...args]: readonly string[]): string {
  return [quoted(program, false), ...args.map((word) => quoted(word, true))].join(' ');
}

/** @see https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html */
export function systemdService(service: Service, isOfUser: boolean): string {
  const { name, owner, declaration, directory, startSeconds, stopSeconds } = service;
  const sockets = systemdSockets(service).map(({ unit }) => unit);
  const octal = declaration.umask.toString(8).padStart(4, '0');
  return lines([
    `# ${madeFor(service)}`,
    '[Unit]',
    `Description=${name} (daemonium)`,
    ...(isOfUser ? [] : ['After=network-online.target', 'Wants=network-online.target']),
    ...(sockets.length === 0 ? [] : [`Requires=${sockets.join(' ')}`, `After=${sockets.join(' ')}`]),
    ...startLimit(service),
    '',
    '[Service]',
    // The program itself tells systemd when it is ready, and decides what `reload` does.
    'Type=notify',
    `ExecStart=${commandLine(service.foreground)}`,
    'ExecReload=/bin/kill -HUP $MAINPID',
    ...(!isOfUser && owner !== null ? [`User=${owner}`] : []),
    ...(directory === null ? [] : [`WorkingDirectory=${directory.replaceAll('%', '%%')}`]),
    ...Object.entries(service.variables).map(([key, value]) => `Environment=${quoted(`${key}=${value}`, false)}`),
    ...(declaration.by === 'control' && declaration.envFile !== null
      ? [`EnvironmentFile=${declaration.envFile.replaceAll('%', '%%')}`]
      : []),
    ...(service.hasVariables ? [`EnvironmentFile=%E/systemd/${isOfUser ? 'user' : 'system'}/${variablesFile(service)}`] : []),
    `UMask=${octal}`,
    'LimitCORE=0',
    `TimeoutStartSec=${startSeconds ?? 'infinity'}`,
    `TimeoutStopSec=${stopSeconds}`,
    ...restart(service),
    '',
    '[Install]',
    `WantedBy=${isOfUser ? 'default.target' : 'multi-user.target'}`,
  ]);
}

/** The file beside the unit that {@link systemdVariables} is the text of. */
export function variablesFile({ unit }: Service): string {
  return `${unit}.env`;
}

/**
 * The declared variables of a program that calls control(), which does not read them itself. They may be secrets, and every user may ask
 * systemd for the variables in a unit, so they are in a file of their own.
 * @returns `null`: there are none
 * @throws {CommandError} systemd would drop one of them
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
 */
export function systemdVariables(service: Service): string | null {
  if (!service.hasVariables) return null;
  const each = Object.entries(service.declaration.env).map(([name, value]) => {
    checkVariableName('systemd', name);
    if (/[\x01-\x08\x0b-\x1f\x7f]/.test(value)) throw unfit('systemd', `the value of the variable '${name}', with its control characters`);
    return `${name}="${value.replace(/[\\"`$]/g, '\\$&')}"\n`;
  });
  return `# ${madeFor(service)}\n# Only its owner may read it: mode 0600.\n${each.join('')}`;
}

function startLimit({ restart: policy }: Service): string[] {
  if (policy === null) return [];
  if (policy.limit === null) return ['StartLimitIntervalSec=0'];
  return [`StartLimitIntervalSec=${Math.ceil(policy.healthyAfter / 1000)}`, `StartLimitBurst=${policy.limit + 1}`];
}

function restart({ restart: policy }: Service): string[] {
  if (policy === null) return ['Restart=no'];
  const never = policy.never.length === 0 ? [] : [`RestartPreventExitStatus=${policy.never.join(' ')}`];
  // systemd before 254 has no growing delay. One second at least, so that a daemon which crashes at once makes no busy loop.
  const delay = Math.max(1, Math.ceil(policy.delay / 1000));
  return [`Restart=${policy.on === 'always' ? 'always' : 'on-failure'}`, `RestartSec=${delay}`, ...never];
}

/** A unit of sockets: its settings are those of all its addresses. */
export interface SocketUnit {
  readonly unit: string;
  readonly text: string;
}

/**
 * One unit for all addresses with the same settings, in their order; several units if the settings differ.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.socket.html
 */
export function systemdSockets(service: Service): readonly SocketUnit[] {
  const groups = new Map<string, ListenAddress[]>();
  for (const address of service.listen) {
    const settings = JSON.stringify([address.name, address.mode, address.backlog]);
    groups.set(settings, [...(groups.get(settings) ?? []), address]);
  }
  return [...groups.values()].map((addresses, index) => ({
    unit: `${service.unit}${index === 0 ? '' : `-${index + 1}`}.socket`,
    text: socketUnit(service, addresses),
  }));
}

function socketUnit(service: Service, addresses: readonly ListenAddress[]): string {
  const [{ name, mode, backlog } = { name: null, mode: null, backlog: null }] = addresses;
  return lines([
    `# ${madeFor(service)}`,
    '[Unit]',
    `Description=Sockets of ${service.name} (daemonium)`,
    '',
    '[Socket]',
    `Service=${service.unit}.service`,
    ...addresses.map((address) => `ListenStream=${asStream(address).replaceAll('%', '%%')}`),
    ...(name === null ? [] : [`FileDescriptorName=${name.replaceAll('%', '%%')}`]),
    ...(mode === null ? [] : [`SocketMode=${mode.toString(8).padStart(4, '0')}`]),
    ...(backlog === null ? [] : [`Backlog=${backlog}`]),
    '',
    '[Install]',
    'WantedBy=sockets.target',
  ]);
}

/** A character that ends a line for systemd, joins it with the next one, or is cut off a value. No quoting helps where a setting is one path. */
const BROKEN = /[\0-\x08\x0a-\x1f\x7f]|\\$|\s$|^\w+=\s/;

/** @throws {CommandError} a path or name would be read as something else */
function lines(all: readonly string[]): string {
  const broken = all.find((line) => BROKEN.test(line));
  if (broken !== undefined) throw unfit('systemd', `the line ${JSON.stringify(broken)}`);
  return `${all.join('\n')}\n`;
}
