import { closeSync, readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { writeFully } from '../internal/write-fully.ts';
import { encodeError } from '../protocol/error-codec.ts';
import { encodeReport, type Report, WAKE, WORD } from '../protocol/messages.ts';

/** How long a start may take without node:net being loaded for it, in ms; for so long the launcher's death can go unnoticed. */
const LISTEN_AFTER_MS = 50;
/** The same, in ms, while the daemon only waits for the launcher's answer to READY. */
const LISTEN_AFTER_READY_MS = 10;

/** How long a released daemon goes on telling how it ends, where its launcher wants to know. In ms. */
const LINGERING_MS = 1_000;

/**
 * State of a start, as the daemon knows it.
 * - `starting`: stages run, or the daemon has sent READY.
 * - `going`: the launcher has answered READY. The first turn of `run()` still belongs to the start.
 * - `released`: the start has worked, and nothing ties the two processes any more.
 * - `lost`: the launcher has ended without a word.
 * - `cancelled`: the launcher has undone the start.
 */
type ChannelState = 'starting' | 'going' | 'released' | 'lost' | 'cancelled';

/** The daemon's end of the control socket. */
export class LauncherChannel {
  readonly #fd: number;
  readonly #wakes: boolean;
  readonly #lingers: boolean;
  readonly #isNamed: () => boolean;
  /** Nothing more is reported. */
  #isSilent = false;
  #state: ChannelState = 'starting';
  #socket: Socket | null = null;
  #arming: NodeJS.Immediate | undefined;
  #listenTimer: NodeJS.Timeout | undefined;
  /** The daemon has sent READY: waiting for the launcher's word keeps this process alive. */
  #isWaiting = false;
  /** The first turn of `run()` is over, and the launcher knows: from here on the pid file is this process's. */
  #isWorking = false;
  #sealed: (() => void) | null = null;
  readonly #answered: Array<() => void> = [];
  readonly #ended: Array<() => void> = [];

  /**
   * @param wakes the launcher sends {@link WAKE} with each word, so most starts are over before anything has to listen
   * @param lingers the launcher listens for a while after the release
   * @param isNamed whether the pid file names this successor: then its predecessor has released it, and only the word is missing
   */
  constructor(
    fd: number,
    { wakes, lingers, isNamed }: { readonly wakes: boolean; readonly lingers: boolean; readonly isNamed: () => boolean },
  ) {
    this.#fd = fd;
    this.#wakes = wakes;
    this.#lingers = lingers;
    this.#isNamed = isNamed;
    // The first timer of a process takes half a millisecond, and the usual start is at READY before the event loop turns.
    this.#arming = setImmediate(() => {
      if (wakes) this.#listenIn(this.#isWaiting ? LISTEN_AFTER_READY_MS : LISTEN_AFTER_MS);
      else this.listen();
    });
  }

  get isOpen(): boolean {
    return this.#state === 'starting' || this.#state === 'going';
  }

  /** The first turn of `run()` belongs to the start. */
  get isGoing(): boolean {
    return this.#state === 'going';
  }

  /** The launcher would still make an error its StartError. */
  get isListening(): boolean {
    return this.isOpen && !this.#isWorking;
  }

  /** The start is undone. */
  get isLost(): boolean {
    return this.#state === 'lost' || this.#state === 'cancelled';
  }

  /** The launcher may still undo the start. Then it is the launcher that removes the lock and the files of the start. */
  get launcherOwnsFiles(): boolean {
    return this.isListening || this.#state === 'cancelled';
  }

  /** Writes one report, to its last byte, whatever becomes of this process right after. */
  send(report: Report): void {
    if (this.#isSilent) return;
    if (report.type === 'ready') this.#waitForWord();
    if (report.type === 'working') this.#isWorking = true;
    // A launcher that has released this daemon has closed its end, and left its word there; one that is gone has left none.
    if (!writeFully(this.#fd, encodeReport(report)) && this.isOpen && this.#isWaiting) this.#read();
  }

  /** Tells why there will be no daemon. @param stage the stage it happened in */
  reportFailure(error: unknown, stage: number | null = null): void {
    this.send({ type: 'error', error: encodeError(error), stage });
  }

  /** Resolves when the launcher has heard READY. Never settles when the start is undone. */
  answered(): Promise<void> {
    if (this.#state === 'going' || this.#state === 'released') return Promise.resolve();
    return new Promise((resolve) => void this.#answered.push(resolve));
  }

  /** Has the launcher write this process's pid into the pid file, as the kernel reports the pid. Never settles when the start is undone. */
  sealed(): Promise<void> {
    this.listen();
    this.#socket?.ref();
    return new Promise((resolve) => {
      this.#sealed = () => {
        if (!this.#isWaiting) this.#socket?.unref();
        resolve();
      };
      this.send({ type: 'seal' });
    });
  }

  /** Calls `listener` once, when the channel has come to its end; {@link isLost} tells which. */
  onEnd(listener: () => void): void {
    if (this.isOpen) this.#ended.push(listener);
    else listener();
  }

  /** Hears the launcher from now on, and not only when it wakes this process. */
  listen(): void {
    if (this.#socket !== null || !this.isOpen) return;
    this.#stopWaiting();
    const { Socket } = process.getBuiltinModule('node:net');
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    this.#socket.setEncoding('latin1').on('data', (text: string) => this.#hear(text));
    // The launcher keeps its side open as long as it lives, so the end means that it is gone.
    for (const event of ['end', 'error', 'close']) this.#socket.on(event, () => this.#end('lost'));
    if (!this.#isWaiting) this.#socket.unref();
  }

  /** READY is being said: the launcher's word is all that is waited for. */
  #waitForWord(): void {
    this.#isWaiting = true;
    if (this.#wakes && this.#socket === null) process.on(WAKE, this.#woken);
    if (this.#listenTimer !== undefined) this.#listenIn(LISTEN_AFTER_READY_MS);
    this.#socket?.ref();
  }

  /** The launcher sends the signal right after its word. A signal from another process only makes this one wait for that word. */
  readonly #woken = (): void => this.#read();

  /** Reads one word, or the end, and blocks until there is one. */
  #read(): void {
    const byte = Buffer.alloc(1);
    try {
      this.#hear(byte.toString('latin1', 0, readSync(this.#fd, byte)));
    } catch {
      this.listen();
    }
  }

  /** @param text words, one character each; '' is the end of the socket */
  #hear(text: string): void {
    if (text === '') this.#end('lost');
    for (const word of text) {
      if (word === WORD.sealed) this.#sealed?.();
      else if (word === WORD.cancel) this.#end('cancelled');
      else if (word === WORD.release) this.#end('released');
      else if (word === WORD.go && this.#state === 'starting') this.#go();
    }
  }

  #go(): void {
    this.#state = 'going';
    if (this.#listenTimer !== undefined) this.#listenIn(LISTEN_AFTER_READY_MS);
    for (const resolve of this.#answered.splice(0)) resolve();
  }

  #end(how: 'released' | 'lost' | 'cancelled'): void {
    if (!this.isOpen) return;
    const state = how === 'lost' && this.#isNamed() ? 'released' : how;
    this.#state = state;
    this.#stopWaiting();
    // Of a start that is undone the kernel closes the line, when this process is gone: for that the launcher waits.
    if (state !== 'released') this.#isSilent = true;
    else if (this.#lingers) this.#linger();
    else this.#close();
    if (state === 'released') for (const resolve of this.#answered.splice(0)) resolve();
    for (const listener of this.#ended.splice(0)) listener();
  }

  /** Keeps the line for its last words, and nothing alive for it. */
  #linger(): void {
    this.#socket?.unref();
    setTimeout(() => this.#close(), LINGERING_MS).unref();
  }

  #close(): void {
    this.#isSilent = true;
    if (this.#socket === null) closeSync(this.#fd);
    else this.#socket.destroy();
  }

  #listenIn(milliseconds: number): void {
    clearTimeout(this.#listenTimer);
    this.#listenTimer = setTimeout(() => this.listen(), milliseconds);
    if (!this.#isWaiting) this.#listenTimer.unref();
  }

  #stopWaiting(): void {
    clearImmediate(this.#arming);
    clearTimeout(this.#listenTimer);
    this.#listenTimer = undefined;
    process.off(WAKE, this.#woken);
  }
}
