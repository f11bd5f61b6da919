import { asStream, type ListenAddress } from '../listen-addresses.ts';
import { madeFor, type Service } from '../service.ts';

/**
 * A word of ExecStart= or Environment=: quoted, and without specifiers; in a command line without variables either.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html#Quoting
 */
function quoted(word: string, inCommand: boolean): string {
  const plain = word.replaceAll('%', '%%');
  const safe = inCommand ? plain.replaceAll('$', '$$$$') : plain;
  if (/^[\w./:@%+,=$-]+$/.test(safe)) return safe;
  return `"${safe.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;
}

function commandLine([program = '', ...args]: readonly string[]): string {
  return [quoted(program, false), ...args.map((word) => quoted(word, true))].join(' ');
}

/** @see https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html */
export function systemdService(service: Service, isOfUser: boolean): string {
  const { name, owner, declaration, startSeconds, stopSeconds } = service;
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
    ...(declaration.by === 'control' ? [`WorkingDirectory=${declaration.workingDirectory.replaceAll('%', '%%')}`] : []),
    ...Object.entries(environment(service)).map(([key, value]) => `Environment=${quoted(`${key}=${value}`, false)}`),
    `UMask=${octal}`,
    'LimitCORE=0',
    `TimeoutStartSec=${startSeconds}`,
    `TimeoutStopSec=${stopSeconds}`,
    ...restart(service),
    '',
    '[Install]',
    `WantedBy=${isOfUser ? 'default.target' : 'multi-user.target'}`,
  ]);
}

/** The command reads the declared variables at each start. A program that calls control() does not, so the unit has them. */
function environment({ declaration: { by, env }, variables }: Service): Readonly<Record<string, string>> {
  return by === 'control' ? { ...variables, ...env } : variables;
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
    ...(name === null ? [] : [`FileDescriptorName=${name}`]),
    ...(mode === null ? [] : [`SocketMode=${mode.toString(8).padStart(4, '0')}`]),
    ...(backlog === null ? [] : [`Backlog=${backlog}`]),
    '',
    '[Install]',
    'WantedBy=sockets.target',
  ]);
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
