import type { Readable } from 'node:stream';
import type { StringDecoder } from 'node:string_decoder';
import { Deferred } from '../internal/deferred.ts';
import { within } from '../internal/within.ts';

/** Limit of the output that is kept, for each stream, in bytes. The rest is read and dropped, so that neither side runs out of memory or stalls. */
const KEPT_MAX = 1 << 20;
/** While another process goes on writing to a stream, the stream gets its grace time so many times. */
const SETTLING_TURNS = 5;
const CUT = '\n[cut: the rest is not kept]\n';

/** Collects one pipe of the daemon as text, and lets any number of readers follow it from its start. */
export class CapturedOutput implements AsyncIterable<string> {
  readonly #chunks: string[] = [];
  #length = 0;
  #cut = false;
  #ended = false;
  readonly #waiting = new Set<() => void>();
  readonly #stream: Readable;
  readonly #onText: (text: string) => void;
  /** A character's bytes may come in two chunks. */
  readonly #decoder: StringDecoder;
  readonly #end = new Deferred<void>();

  constructor(stream: Readable, onText: (text: string) => void) {
    this.#stream = stream;
    this.#onText = onText;
    const { StringDecoder } = process.getBuiltinModule('node:string_decoder');
    this.#decoder = new StringDecoder('utf8');
    const end = () => this.#ends();
    stream
      .on('data', (bytes: Buffer) => this.#take(this.#decoder.write(bytes)))
      .on('end', end)
      .on('error', end)
      .on('close', end);
  }

  /** Nothing more is to come. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Everything so far. */
  get text(): string {
    return this.#chunks.join('');
  }

  /** Resolves when all has been read. Another process may still hold the other end, and go on writing: that is not waited for. */
  async finish(grace: number): Promise<void> {
    for (let seen = -1, left = SETTLING_TURNS; !this.#ended && seen !== this.#length && left > 0; left--) {
      seen = this.#length;
      await within(grace, this.#end.promise);
    }
    this.#ends();
  }

  /** Drops the output that still comes. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** Text that has come by another way, also behind the end of the stream. */
  add(text: string): void {
    if (text === '') return;
    this.#keep(text);
    this.#onText(text);
    this.#wake();
  }

  #take(text: string): void {
    if (!this.#ended) this.add(text);
  }

  #ends(): void {
    if (this.#ended) return;
    this.#take(this.#decoder.end());
    this.#ended = true;
    this.#wake();
    this.#end.resolve();
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
