import { lstatSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { PidLockFile } from '@daemonium/core';
import { encodeError } from '@daemonium/core/start';
import { DaemonError } from '../errors.ts';
import { core } from '../internal/core.ts';
import { decodeError } from '../protocol/error-codec.ts';
import { encodeMessage, MessageReader, type NameReply, type UpgradeReply, type UpgradeRequest } from '../protocol/upgrade-messages.ts';
import type { UpgradeResult } from '../service/service.ts';
import { requestPath } from '../sockets/request-address.ts';
import { openDaemon, send } from './find.ts';
import { successorFault } from './successor-proof.ts';
import type { Target } from './target.ts';

/** Options of `upgrade()`. */
export interface UpgradeOptions {
  /**
   * How long the successor may take to get ready, in ms; 0 waits for ever.
   * @default the option `startTimeout`
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE` unless a number from 0
   */
  readonly timeout?: number | undefined;
}

/**
 * Asks the running daemon for its successor, and waits for the answer. If this process or the connection ends, the request is taken back.
 * @throws {NotRunningError} no process is proved to be the daemon
 * @throws {StartError} the successor's; the daemon goes on
 * @throws {DaemonError} `ERR_NOT_UPGRADABLE`, `ERR_UPGRADE_UNDER_WAY`, `ERR_UPGRADE_LOST`, `EPERM`
 */
export async function askForUpgrade(target: Target, request: Omit<UpgradeRequest, 'type'>): Promise<UpgradeResult> {
  const { lock } = target;
  if (lock === null)
    throw new DaemonError('Without a pid file the daemon cannot be found, and has no lock to hand on: give it the option pidFile', {
      code: 'ERR_NOT_UPGRADABLE',
    });
  using held = openDaemon(target);
  const { pid } = held.last;
  if (held.daemon === null)
    throw new DaemonError(
      `The daemon has crashed, and its shell, pid ${pid}, is about to start it again, as it is on disk then: there is nothing to upgrade`,
      { code: 'ERR_NOT_UPGRADABLE' },
    );
  const socket = await connected(lock, held.daemon.pid);
  const conversation = new Conversation(socket, lock, held.daemon.pid, pid);
  const result = await conversation.run({ type: 'upgrade', ...request });
  // A daemon without root's rights cannot end root's shell.
  if (conversation.hasNamed && held.shell !== null) send(held.shell, 'SIGKILL');
  return result;
}

/** @throws {DaemonError} */
async function connected(lock: PidLockFile, pid: number): Promise<Socket> {
  const path = requestPath(lock.path);
  const owner = lstatSync(path, { throwIfNoEntry: false });
  if (owner === undefined)
    throw new DaemonError(
      `The daemon, pid ${pid}, has no socket '${path}' to be asked for its upgrade on: it was started without the option listen (an empty array will do), or with rootDirectory, or the directory of its pid file is closed to its launcher. Use restart`,
      { code: 'ERR_NOT_UPGRADABLE' },
    );
  // In a directory that every user may write, another user could listen in the daemon's place.
  if (owner.uid !== 0 && owner.uid !== process.geteuid?.()) throw notPermitted(pid, `'${path}' belongs to uid ${owner.uid}`);
  const { connect } = process.getBuiltinModule('node:net');
  const socket = core().byShortPath(path, (short) => connect({ path: short }));
  try {
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return socket;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') throw notPermitted(pid, 'only root, and the user of its launcher, may ask', { cause });
    throw new DaemonError(`The daemon, pid ${pid}, cannot be asked for its upgrade: ${message}`, { code: 'ERR_NOT_UPGRADABLE', cause });
  }
}

function notPermitted(pid: number, why: string, options?: ErrorOptions): DaemonError {
  return new DaemonError(`Not permitted to upgrade the daemon, pid ${pid}: ${why}`, { code: 'EPERM', ...options });
}

/** The daemon's word, which may have been broken into since it gave up root. */
function checkedResult({ pid, previous }: UpgradeResult): UpgradeResult {
  if (core().isPid(pid) && core().isPid(previous)) return { pid, previous };
  throw new DaemonError('The daemon has answered, and not with the pids of two processes', { code: 'ERR_UPGRADE_LOST' });
}

/** One request, from the caller's side. */
class Conversation {
  readonly #socket: Socket;
  readonly #lock: PidLockFile;
  readonly #previous: number;
  /** The process that the pid file names: the daemon, or its shell. */
  readonly #named: number;
  readonly #executable: string | null;
  readonly #began = core().bootClock();
  /** The pid file has been written here, and names a successor that may yet fail. */
  hasNamed = false;

  constructor(socket: Socket, lock: PidLockFile, previous: number, named: number) {
    this.#socket = socket;
    this.#lock = lock;
    this.#previous = previous;
    this.#named = named;
    this.#executable = core().processExecutable(named);
  }

  async run(request: UpgradeRequest): Promise<UpgradeResult> {
    try {
      return await new Promise<UpgradeResult>((resolve, reject) => {
        const reader = new MessageReader<UpgradeReply>();
        const lost = () =>
          reject(new DaemonError(`The daemon, pid ${this.#previous}, ended before it had answered`, { code: 'ERR_UPGRADE_LOST' }));
        this.#socket
          .setEncoding('utf8')
          .on('data', (text: string) => {
            try {
              for (const message of reader.read(text)) this.#hear(message, resolve, reject);
            } catch (error) {
              reject(error);
            }
          })
          .on('end', lost)
          .on('error', lost);
        this.#socket.write(encodeMessage(request));
      });
    } catch (error) {
      const successor = (error as DaemonError).code === 'ERR_UPGRADE_LOST' ? this.#successor() : null;
      if (successor !== null) return { pid: successor, previous: this.#previous };
      this.#nameAgain();
      throw error;
    } finally {
      this.#socket.destroy();
    }
  }

  #hear(message: UpgradeReply, resolve: (result: UpgradeResult) => void, reject: (error: unknown) => void): void {
    if (message.type === 'upgraded') resolve(checkedResult(message));
    else if (message.type === 'failed') reject(decodeError(message.error));
    else this.#socket.write(encodeMessage(this.#name(message.pid)));
  }

  /** Proves the successor that the daemon names: the daemon may have been broken into since it gave up root. */
  #name(pid: number): NameReply {
    try {
      const fault = successorFault(pid, { previous: this.#previous, executable: this.#executable, since: this.#began });
      if (fault !== null) throw new DaemonError(`Process ${pid} is not taken for a successor: ${fault}`, { code: 'ERR_HOLDER_UNPROVED' });
      core().nameHolder(this.#lock.path, pid);
      this.hasNamed = true;
      return { type: 'named' };
    } catch (error) {
      return { type: 'refused', error: encodeError(error) };
    }
  }

  /** The pid of the successor that the pid file names, directly or by its shell. The old daemon was killed before it could say so. */
  #successor(): number | null {
    const standing = core().standingOf(this.#lock.path);
    if (typeof standing === 'string') return null;
    const named = (standing.shell ?? standing.daemon)?.pid;
    return named === this.#named ? null : (standing.daemon?.pid ?? null);
  }

  /** The successor has failed after all. */
  #nameAgain(): void {
    if (!this.hasNamed) return;
    try {
      core().nameHolder(this.#lock.path, this.#named);
    } catch {
      // The old daemon has ended as well: then the file is stale.
    }
  }
}
