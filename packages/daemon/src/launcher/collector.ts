import type { Readable } from 'node:stream';
import { within } from '../wire/within.ts';

/** Kept of each stream; what comes after is read and dropped, so that neither side runs out of memory or stalls. */
const KEPT_MAX = 1 << 20;
/** How many times its grace a stream gets that somebody else goes on writing to. */
const PATIENCE = 5;
const CUT = '\n[cut: the rest is not kept]\n';

/** Collects one pipe of the daemon as text, and lets any number of readers follow it from its start. */
export class Collector implements AsyncIterable<string> {
  readonly #chunks: string[] = [];
  #length = 0;
  #cut = false;
  #ended = false;
  readonly #waiting = new Set<() => void>();
  readonly #stream: Readable;
  /** Resolves when there is nothing more to come. */
  readonly ended: Promise<void>;

  constructor(stream: Readable, onText: (text: string) => void) {
    this.#stream = stream;
    // A character's bytes may come in two chunks.
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      this.#keep(text);
      onText(text);
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.#ended = true;
        this.#wake();
        resolve();
      };
      stream.on('end', end).on('error', end).on('close', end);
    });
  }

  /** Nothing more is to come. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Everything so far. */
  get text(): string {
    return this.#chunks.join('');
  }

  /** Ends the stream although somebody still holds its other end, and may go on writing, once what has been written is read. */
  async finish(grace: number): Promise<void> {
    const latest = performance.now() + PATIENCE * grace;
    for (let seen = -1; !this.#ended && seen !== this.#length && performance.now() < latest; ) {
      seen = this.#length;
      await within(grace, this.ended);
    }
    this.#stream.destroy();
    await this.ended;
  }

  #keep(text: string): void {
    this.#length += text.length;
    if (this.#cut) return;
    const room = KEPT_MAX - (this.#length - text.length);
    this.#chunks.push(text.slice(0, room));
    if (text.length > room) {
      this.#chunks.push(CUT);
      this.#cut = true;
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    for (let next = 0; ; ) {
      while (next < this.#chunks.length) yield this.#chunks[next++] as string;
      if (this.#ended) return;
      await new Promise<void>((wake) => this.#waiting.add(wake));
    }
  }
}
