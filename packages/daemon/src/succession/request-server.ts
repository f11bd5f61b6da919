import { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { supervisedRun } from '../daemonized/arrival.ts';
import { drain } from '../drain.ts';
import { DaemonError } from '../errors.ts';
import { core, loadCore } from '../internal/core.ts';
import { preloadRespawn } from '../launcher/entry.ts';
import { decodeError, encodeError } from '../protocol/error-codec.ts';
import { encodeMessage, MessageReader, type NameReply, type UpgradeReply, type UpgradeRequest } from '../protocol/upgrade-messages.ts';
import type { Service, UpgradeResult } from '../service/service.ts';
import { originalListen } from '../sockets/taken-by-address.ts';
import type { CountedCall } from '../start-call/call-journal.ts';
import { type Origin, originOf } from './origin.ts';
import { succeed } from './succeed.ts';
import { ownsPidFile } from './successor-lock.ts';
import type { Asked } from './successor-plan.ts';

/** Serves requests for a successor, on the daemon's request socket and by `upgrade()`. */
export async function serveRequests(service: Service, call: CountedCall | null): Promise<void> {
  const requests = service.sockets?.requests;
  if (requests === undefined || requests === null) return;
  await loadCore();
  if (supervisedRun() !== null) await preloadRespawn();
  new RequestServer(service, originOf(service, call)).listen(requests.fd);
}

class RequestServer {
  readonly #service: Service;
  readonly #origin: Origin;
  readonly #server: Server;
  /** Ends the upgrade that is under way. */
  #current: AbortController | null = null;

  constructor(service: Service, origin: Origin) {
    this.#service = service;
    this.#origin = origin;
    this.#server = createServer((socket) => this.#serve(socket));
    // A program is ready when its own first server listens, which shows in what servers emit. This server is not the program's.
    this.#server.emit = EventEmitter.prototype.emit;
    service.upgrade = (asked) => this.#upgradeFromHere(asked);
    service.termination.onAsked(() => this.#current?.abort(ending()));
  }

  listen(fd: number): void {
    originalListen().call(this.#server, { fd });
    this.#server.on('error', (error) => this.#service.log.error(`upgrade() cannot be asked for: ${error.message}`));
    // The server must not keep a finished daemon alive.
    this.#server.unref();
  }

  /** Serves one request a connection. If the connection ends before the answer, the request is taken back. */
  #serve(socket: Socket): void {
    const reader = new MessageReader<UpgradeRequest | NameReply>();
    const gone = new AbortController();
    let named: ((reply: NameReply) => void) | null = null;
    const answer = (reply: UpgradeReply) => socket.end(encodeMessage(reply));
    const begin = async (request: UpgradeRequest) => {
      try {
        const name = this.#namesByAsker(socket, (pid) => {
          socket.write(encodeMessage({ type: 'name', pid, previous: process.pid }));
          return new Promise<NameReply>((resolve) => {
            named = resolve;
          });
        });
        await this.#upgrade(request, { gone: gone.signal, name, tell: answer });
      } catch (error) {
        // A word that crosses with this answer comes too late.
        named = null;
        answer({ type: 'failed', error: encodeError(error) });
      }
    };
    socket.setEncoding('utf8').on('data', (text: string) => {
      try {
        for (const message of reader.read(text)) {
          if (message.type === 'upgrade') void begin(message);
          else named?.(message);
        }
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => {}).on('close', () => gone.abort(new DaemonError('The asker is gone', { code: 'ERR_UPGRADE_LOST' })));
    // An asker waits for its answer with the connection open, so its end is its death.
    socket.on('end', () => gone.abort(new DaemonError('The asker is gone', { code: 'ERR_UPGRADE_LOST' })));
  }

  /** @throws {DaemonError} `EPERM` */
  #namesByAsker(socket: Socket, ask: (pid: number) => Promise<NameReply>): ((pid: number) => Promise<void>) | null {
    const { _handle: handle } = socket as unknown as { readonly _handle: { readonly fd: number } };
    const { uid } = core().peerCredentials(handle.fd);
    const ownsFile = this.#ownsPidFile();
    if (uid !== 0 && (!ownsFile || uid !== process.geteuid?.()))
      throw new DaemonError(`Not permitted: only root${ownsFile ? " and the daemon's user" : ''} may ask for an upgrade`, {
        code: 'EPERM',
      });
    if (ownsFile) return null;
    return async (pid) => {
      const reply = await ask(pid);
      if (reply.type === 'refused') throw decodeError(reply.error);
    };
  }

  async #upgradeFromHere(asked: Asked): Promise<UpgradeResult> {
    if (!this.#ownsPidFile())
      throw new DaemonError('This daemon has given up root, and its pid file is for root to write: only root can ask for its upgrade', {
        code: 'EPERM',
      });
    return new Promise((resolve, reject) => {
      const never = new AbortController().signal;
      this.#upgrade(asked, { gone: never, name: null, tell: ({ pid, previous }) => resolve({ pid, previous }) }).catch(reject);
    });
  }

  async #upgrade(
    asked: Asked,
    {
      gone,
      name,
      tell,
    }: {
      readonly gone: AbortSignal;
      readonly name: ((pid: number) => Promise<void>) | null;
      readonly tell: (result: Extract<UpgradeReply, { type: 'upgraded' }>) => void;
    },
  ): Promise<void> {
    if (this.#service.hasSuccessor || this.#service.termination.isAsked) throw ending();
    if (this.#service.role === 'foreground' && this.#service.manager === null) throw supervised();
    if (this.#current !== null)
      throw new DaemonError(`Daemon '${this.#service.plan.name}' is being upgraded already`, { code: 'ERR_UPGRADE_UNDER_WAY' });
    const current = new AbortController();
    this.#current = current;
    const undo = () => current.abort(gone.reason);
    gone.addEventListener('abort', undo);
    try {
      const pid = await succeed(this.#service, this.#origin, asked, { signal: current.signal, name });
      tell({ type: 'upgraded', pid, previous: process.pid });
    } catch (error) {
      this.#takeBack();
      throw error;
    } finally {
      gone.removeEventListener('abort', undo);
      this.#current = null;
    }
    this.#end();
  }

  /** The upgrade has failed: takes back the parts that the commit handed on to a successor that has ended since. */
  #takeBack(): void {
    const { sockets, leadership } = this.#service;
    if (sockets !== null) sockets.servers.areHandedOn = false;
    leadership?.takeBack();
  }

  /** From here on the successor is the daemon. */
  #end(): void {
    const { termination, sockets } = this.#service;
    this.#server.close();
    supervisedRun()?.endShell();
    termination.succeeded(async () => {
      await Promise.all((sockets?.servers.servers ?? []).map(drain));
    });
  }

  #ownsPidFile(): boolean {
    const { lock } = this.#service;
    return lock === null || ownsPidFile(lock);
  }
}

/**
 * A supervisor would see this daemon end, and start it again; a container would end with its pid 1. Only a service manager can be told of
 * another main process.
 */
function supervised(): DaemonError {
  return new DaemonError(
    'The daemon runs in the foreground, where its end means the end of the service to its supervisor. Under systemd NotifyAccess=main lets it name its successor (NOTIFY_SOCKET); elsewhere use restart',
    { code: 'ERR_NOT_UPGRADABLE' },
  );
}

function ending(): DaemonError {
  return new DaemonError('The daemon is coming to its end: there is nothing to upgrade', { code: 'ERR_NOT_UPGRADABLE' });
}
