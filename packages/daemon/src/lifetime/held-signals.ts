import type { Context } from '../context.ts';

const HELD = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

const holding = new WeakMap<Context, { readonly came: NodeJS.Signals[]; readonly listener: NodeJS.SignalsListener }>();

/** SIGTERM, SIGINT and SIGHUP wait until {@link releaseSignals}: the default action would end a daemon that can be found already. */
export function holdSignals(context: Context): void {
  if (holding.has(context)) return;
  const came: NodeJS.Signals[] = [];
  const listener = (signal: NodeJS.Signals) => void came.push(signal);
  holding.set(context, { came, listener });
  for (const signal of HELD) process.on(signal, listener);
}

/** Ends the holding and tells what came, in its order. To be called when the signals have got their meaning. */
export function releaseSignals(context: Context): readonly NodeJS.Signals[] {
  const held = holding.get(context);
  if (held === undefined) return [];
  holding.delete(context);
  for (const signal of HELD) process.off(signal, held.listener);
  return held.came;
}
