import { WATCH_MS } from '@daemonium/core/start';
import type { EarlyEnd, StartedDaemon } from '../definition/start-outcome.ts';
import { INTERRUPTS } from '../internal/interrupts.ts';
import { processState } from '../internal/process-state.ts';

/** State of a daemon in the first moments after its start. */
export interface FirstMoments {
  /** `null`: it runs. */
  readonly end: EarlyEnd | null;
  readonly milliseconds: number;
  /** The signal that cut the watch short, by its number. */
  readonly interruptedBy: number | null;
}

/** Watches a started daemon. A signal to this process ends the watch: the daemon runs, and the command reports that first. */
export async function watchStart({ earlyEnd }: StartedDaemon): Promise<FirstMoments> {
  // The signal came after the daemon was released, and before start() had settled.
  const { endingSignal } = processState();
  if (endingSignal !== null) return { end: null, milliseconds: 0, interruptedBy: endingSignal };
  const began = performance.now();
  let listeners: Array<readonly [signal: string, listener: () => void]> = [];
  let timer: NodeJS.Timeout | undefined;
  const interrupted = new Promise<number>((resolve) => {
    listeners = Object.entries(INTERRUPTS).map(([signal, number]) => [signal, () => resolve(number)] as const);
    for (const [signal, listener] of listeners) process.once(signal, listener);
  });
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), WATCH_MS);
  });
  const first = await Promise.race([earlyEnd, interrupted, late]);
  clearTimeout(timer);
  for (const [signal, listener] of listeners) process.off(signal, listener);
  return {
    end: typeof first === 'number' ? null : first,
    milliseconds: Math.round(performance.now() - began),
    interruptedBy: typeof first === 'number' ? first : null,
  };
}
