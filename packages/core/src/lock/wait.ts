import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/** A SIGKILLed holder raises no event of the file, so there is a look beside the watching. */
const POLL_MS = 5;
/** The file goes microseconds before its lock does. */
const AFTER_EVENT_MS = 1;

export interface WaitOptions {
  /** In ms, by the monotonic clock; `Infinity` waits for ever. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tries again and again until `tryOnce` gives something: at every event of the file, and every 5 ms. No thread is blocked and no processor
 * kept busy. After an abort nothing is tried.
 * @returns `null` when the time is over
 * @throws the signal's reason
 */
export async function waitFor<T>(path: string, tryOnce: () => T | null, { timeout, signal }: WaitOptions): Promise<T | null> {
  signal?.throwIfAborted();
  const deadline = performance.now() + timeout;
  const waker = new Waker(path, signal);
  try {
    for (;;) {
      const result = tryOnce();
      if (result !== null) return result;
      const left = deadline - performance.now();
      if (left <= 0) return null;
      await waker.next(left);
      signal?.throwIfAborted();
    }
  } finally {
    waker.close();
  }
}

/** Wakes one waiter: on an event of the file, by the clock, or when the waiting is called off. */
class Waker {
  readonly #signal: AbortSignal | undefined;
  #watcher: FSWatcher | null;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | null = null;
  #pending = false;
  readonly #onAbort = () => this.#fire();

  constructor(path: string, signal: AbortSignal | undefined) {
    this.#signal = signal;
    const name = basename(path);
    this.#watcher = tryWatch(dirname(path), (_event, changed) => {
      if (changed === null || changed === name) this.#event();
    });
    signal?.addEventListener('abort', this.#onAbort);
  }

  next(left: number): Promise<void> {
    const interval = this.#pending ? AFTER_EVENT_MS : POLL_MS;
    this.#pending = false;
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(() => this.#fire(), Math.min(interval, left));
    });
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #event(): void {
    this.#pending = true;
    this.#fire();
  }

  #fire(): void {
    clearTimeout(this.#timer);
    this.#wake?.();
    this.#wake = null;
  }
}

/** Without a watch (no such directory, no inotify instance left) the clock alone has to do. */
function tryWatch(directory: string, listener: (event: string, changed: string | null) => void): FSWatcher | null {
  try {
    return watch(directory, listener).on('error', () => {});
  } catch {
    return null;
  }
}
