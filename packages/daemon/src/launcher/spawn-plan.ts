import type { ChildProcess } from 'node:child_process';
import { encodePayload, formatMarker, MARKER, newNonce } from '@daemonium/core/start';
import type { DaemonFacts } from '../definition/facts.ts';
import type { GivenOptions } from '../options/given-options.ts';
import { losesRights } from '../options/identity.ts';
import type { Logging } from '../options/logging.ts';
import type { Plan } from '../options/plan.ts';
import type { StartPayload } from '../protocol/start-payload.ts';
import type { HandedSocket } from '../sockets/handed-socket.ts';
import type { CountedCall } from '../start-call/call-journal.ts';
import { crossStateFile } from './cross-state-file.ts';
import { daemonEnvironment } from './daemon-environment.ts';
import type { StartLock } from './launcher-lock.ts';
import type { StartSockets } from './launcher-sockets.ts';
import type { NodeCommand } from './node-command.ts';
import type { MakeRespawnSpawn } from './respawn.ts';
import { hasShell, throughShell } from './shell.ts';
import { type Stdio, StdioTable } from './stdio-table.ts';
import { loggerDescriptors, strayDescriptors } from './stray-descriptors.ts';
import { finalStreams, inputDescriptor, type TemporaryDescriptors } from './temporary-descriptors.ts';
import { canWake } from './wake.ts';

/** The daemon that is started, as far as its launcher needs it. */
export interface LaunchSubject extends Pick<DaemonFacts, 'className' | 'name' | 'given'> {
  readonly daemon: Pick<DaemonFacts['daemon'], 'emit' | 'monitor'>;
  readonly stages: { call(stage: number): unknown; overrides(stage: number): boolean };
}

/** Everything that one start is made of. */
export interface StartRecipe {
  readonly facts: LaunchSubject;
  readonly plan: Plan;
  readonly logging: Logging;
  readonly call: CountedCall;
  readonly command: NodeCommand;
  readonly lock: StartLock;
  readonly sockets: StartSockets;
  /** How the process is made. */
  readonly spawn: (plan: SpawnPlan) => ChildProcess;
  /** The running daemon starts its successor. */
  readonly succession: Succession | null;
  /** After its release the daemon goes on telling how it ends, for a little while. */
  readonly lingers: boolean;
  /** Loaded only with the option `respawn`. */
  readonly respawn: MakeRespawnSpawn | null;
}

/** Differences of a start in which a daemon is the launcher of its successor. */
export interface Succession {
  /** The options that crossed to the predecessor, instead of those that its object has. */
  readonly plain: Record<string, unknown>;
  /** The directory that the first launcher was in. */
  readonly directory: string;
  /** With `lease`. */
  readonly lease: { readonly stateFile: number | null; readonly comesBack: boolean } | null;
}

/** A spawn, ready to be executed: everything that crosses has its number. */
export interface SpawnPlan {
  readonly command: NodeCommand;
  readonly stdio: Stdio;
  readonly env: NodeJS.ProcessEnv;
  /** Working directory in which the process begins; `null`: the launcher's. */
  readonly directory: string | null;
  /** Written when the daemon's process is on its way already: it takes some forty ms until it reads. */
  readonly payload: () => Buffer;
  readonly control: number;
  /** Socket of a shell that stays. */
  readonly link: number | null;
  /** A daemon that finishes its work is started again, too. */
  readonly respawnsAlways: boolean;
  /** The daemon waits for a signal with each word. */
  readonly wakes: boolean;
}

/** Gives numbers to everything that crosses, and lists it for the daemon. @param opened collects descriptors that are opened for it */
export function planSpawn(recipe: StartRecipe, opened: TemporaryDescriptors): SpawnPlan {
  const { facts, plan, logging, call, command, lock, sockets, lingers, succession } = recipe;
  const { inherit, entry, monitor } = plan;
  const reruns = entry.kind === 'script';
  const table = new StdioTable(inherit);
  const control = table.control();
  // The file names a shell that stays, which the daemon cannot know as surely as the launcher.
  const writer = recipe.respawn !== null || losesRights(plan.identity) ? 'launcher' : 'daemon';
  const held = lock.handOver(writer);
  const handed = held === null ? null : { ...held, fd: table.pass(held.fd) };
  const stdin = table.stdin(inputDescriptor(inputOf(plan), opened));
  const streams = { 1: table.target(1, plan.stdout, inherit), 2: table.target(2, plan.stderr, inherit) };
  const respawn =
    recipe.respawn === null || handed === null ? null : recipe.respawn(table, plan, opened, { control, lock: handed, stdin, streams });
  // After the descriptors that a shell has to call by their numbers: dash knows those of one digit.
  const pass = (socket: HandedSocket) => ({ ...socket, fd: table.pass(socket.fd) });
  const crossing = { sockets: sockets.opened.map(pass), requests: sockets.requests === null ? null : pass(sockets.requests) };
  const stateFile = respawn === null ? crossStateFile(recipe, table, opened) : respawn.passFiles(succession?.lease?.stateFile ?? null);
  if (!monitor) finalStreams(streams, table.stdio, plan.umask, opened);

  const env = daemonEnvironment(plan.env, entry.kind === 'module' && succession === null);
  const nonce = newNonce();
  const shell = hasShell();
  const limitCore = plan.preventCore && !facts.stages.overrides(2) && shell;
  const wakes = monitor && shell && canWake(plan.signals);
  const masked = respawn?.mask(strayDescriptors(table.taken())) ?? null;
  const start = (): StartPayload<Plan> => ({
    launcherPid: process.pid,
    className: facts.className,
    name: facts.name,
    method: call.method,
    given: reruns ? {} : (succession?.plain ?? plainOptions(facts.given, plan, lock.path)),
    options: { ...plan, stdin: { kind: 'null' }, inherit: inherit.filter((fd) => fd > 2) },
    strays: masked ?? strayDescriptors(table.taken()),
    streams,
    ...crossing,
    directory: succession?.directory ?? process.cwd(),
    wakes,
    lingers,
    coreLimited: limitCore,
    supervised: respawn?.crossed ?? null,
    stateFile,
    comesBack: succession?.lease?.comesBack ?? false,
    history: reruns ? call.history : [],
    queries: reruns ? call.queries : [],
  });
  const payload = () => {
    const descriptors = loggerDescriptors(facts.given, logging, inherit);
    return encodePayload({ env, lock: handed, descriptors, ...(respawn === null ? {} : { reopens: true }), start: start() }, nonce);
  };
  const respawnsAlways = plan.respawn?.on === 'always';
  const common = { env: { ...env, [MARKER]: formatMarker({ fd: control, index: call.index, nonce }) }, control, respawnsAlways, wakes };
  if (respawn !== null) {
    const bytes = payload();
    const shellCommand = respawn.command(command, {
      payload: bytes,
      marker: { index: call.index, nonce },
      sockets: [...crossing.sockets, crossing.requests].filter((socket) => socket !== null),
      noCore: limitCore,
    });
    return { ...common, command: shellCommand, stdio: table.filled(), directory: null, payload: () => bytes, link: respawn.link };
  }
  return {
    ...common,
    command: throughShell(command, { control: monitor ? control : null, stdin, passing: table.passing, limitCore }),
    stdio: table.filled(),
    directory: succession?.directory ?? null,
    payload,
    link: null,
  };
}

/** If descriptor 0 is inherited, the daemon reads from it, unless an option says otherwise. */
function inputOf({ stdin, inherit }: Plan): Plan['stdin'] {
  return stdin.kind === 'null' && inherit.includes(0) ? { kind: 'fd', fd: 0 } : stdin;
}

/** The options as they were given, without those that only make sense here: functions, streams, descriptors, loggers. */
export function plainOptions(
  given: GivenOptions,
  { workingDirectory, rootDirectory }: Plan,
  pidFile: string | null,
): Record<string, unknown> {
  const {
    target: _target,
    logger: _logger,
    inheritFiles: _files,
    stdin: _in,
    stdout: _out,
    stderr: _err,
    signalMap: _map,
    pidFile: _lock,
    listen: _listen,
    ...plain
  } = given;
  return {
    ...plain,
    // A URL cannot be cloned.
    ...(plain.workingDirectory === undefined ? {} : { workingDirectory }),
    ...(plain.rootDirectory === undefined ? {} : { rootDirectory }),
    ...(pidFile === null ? {} : { pidFile }),
  };
}
