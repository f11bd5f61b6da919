export interface UntilOptions {
  /** What is awaited; the error of a missed deadline names it. */
  readonly what: string;
  /** In ms. @default 15_000 */
  readonly deadline?: number;
  /** Between two tries, in ms. @default 5 */
  readonly interval?: number;
}

/** Nothing but the clock: for polling loops only, never to give a process "enough time". */
export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

type Truthy<T> = Exclude<T, undefined | null | false | 0 | ''>;

/** Polls until `condition` gives something truthy, and returns that. A throw (a file that is not there yet) counts as "not yet". */
export async function until<T>(
  condition: () => T | Promise<T>,
  { what, deadline = 15_000, interval = 5 }: UntilOptions,
): Promise<Truthy<T>> {
  const end = performance.now() + deadline;
  for (;;) {
    let last: unknown;
    let failure: unknown;
    try {
      last = await condition();
      if (last) return last as Truthy<T>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() >= end) {
      const seen = failure === undefined ? `last seen: ${String(last)}` : `last error: ${String(failure)}`;
      throw new Error(`Waited ${deadline} ms for ${what}; ${seen}`, { cause: failure });
    }
    await pause(interval);
  }
}
