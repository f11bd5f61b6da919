import type { Duplex } from 'node:stream';
import { Deferred } from '../internal/deferred.ts';
import { type Report, ReportReader, WORD } from '../protocol/messages.ts';
import { sendWord } from './channel.ts';

/** Tells of each report that arrives. */
export function readReports(socket: Duplex, hear: (report: Report) => void): void {
  const reader = new ReportReader();
  socket.on('data', (chunk: Buffer) => {
    for (const report of reader.read(chunk)) hear(report);
  });
}

/**
 * Connection to a shell that stays as the daemon's parent. The shell waits for one word. Until it comes, the shell belongs to the start:
 * when this socket closes, it waits for the daemon's end, reports that, and ends all processes of the start.
 */
export class ShellLink {
  readonly #socket: Duplex;
  readonly #ended = new Deferred<void>();
  #isDecided = false;

  constructor(socket: Duplex, hear: (report: Report) => void) {
    this.#socket = socket;
    readReports(socket, hear);
    const ended = () => this.#ended.resolve();
    socket.on('end', ended).on('close', ended).on('error', ended);
  }

  /** Everything that the shell has said is heard. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** The start has worked: from now on the shell starts the daemon again when it crashes. */
  stay(): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    sendWord(this.#socket, WORD.stay);
  }

  /** Ends the shell of a start that has failed: the daemon is gone. */
  endStart(): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}
