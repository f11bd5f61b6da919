import { becomeDaemon, OptionError } from '@daemonium/core/start';
import { type Context, resolved } from '../context.ts';
import { releaseSignals } from '../lifetime/held-signals.ts';
import { whileReloading } from '../lifetime/notify.ts';
import { onceAnswered } from '../lifetime/ready.ts';
import type { SignalAction } from '../options/given-options.ts';
import { signalName } from '../options/signal-names.ts';
import type { SignalMeaning } from '../options/signals.ts';

/**
 * Stage 7: what signals mean to the daemon. SIGTERM and SIGINT terminate, SIGHUP reloads, SIGTSTP, SIGTTIN and SIGTTOU are ignored, and so
 * is SIGUSR1, which would open the inspector; then `signalMap`. What came since stage 6 is delivered now.
 * @see https://man7.org/linux/man-pages/man7/signal.7.html
 */
export function stage7Signals(context: Context): void {
  const { daemon } = context;
  const handlers = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => unknown>();
  const given = givenFunctions(context);
  for (const [signal, meaning] of resolved(context).signals) {
    const handler = meaning === null ? () => {} : 'fn' in meaning ? given.get(signal) : methodOf(context, meaning.method);
    if (handler === undefined) throw missing(signal, meaning);
    handlers.set(signal, handler);
  }
  for (const [signal, handler] of handlers)
    process.on(
      signal,
      guarded((name) => onceAnswered(context, () => handler.call(daemon, name))),
    );
  // Loggers reopen their files on SIGHUP from now on.
  becomeDaemon();
  for (const signal of releaseSignals(context)) process.emit(signal, signal);
}

/** Looked up when the signal comes, so that what the program assigns later counts. */
function methodOf(context: Context, name: string): ((signal: NodeJS.Signals) => unknown) | undefined {
  const methods = context.daemon as unknown as Record<string, ((signal: NodeJS.Signals) => unknown) | undefined>;
  if (typeof methods[name] !== 'function') return undefined;
  return name === 'reload' ? (signal) => whileReloading(context, () => methods[name]?.(signal)) : (signal) => methods[name]?.(signal);
}

/** What the launcher has checked may be otherwise here: a module's class, a script that went another way. */
function missing(signal: NodeJS.Signals, meaning: SignalMeaning): OptionError {
  const method = meaning !== null && 'method' in meaning ? meaning.method : undefined;
  const expected = method === undefined ? 'the function that the launcher was given' : 'the name of a method of the daemon';
  return new OptionError(`signalMap.${signal}`, expected, method, 'ERR_OPTION_VALUE');
}

/** The functions of `signalMap`, by the signal's name. They do not cross: these are the script's, as it ran again. */
function givenFunctions(context: Context): Map<NodeJS.Signals, (signal: NodeJS.Signals) => unknown> {
  const functions = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => unknown>();
  const { signalMap } = context.given;
  if (signalMap === undefined || !resolved(context).signals.some(([, meaning]) => meaning !== null && 'fn' in meaning)) return functions;
  for (const [key, action] of Object.entries(signalMap as Record<string, SignalAction>)) {
    const name = signalName(key);
    if (name !== null && typeof action === 'function') functions.set(name, action);
  }
  return functions;
}

/** A handler that throws or rejects is an uncaught error of the daemon, with all that follows: logged, lock released, exit 1. */
function guarded(handler: (signal: NodeJS.Signals) => unknown): NodeJS.SignalsListener {
  return (signal) => {
    const result = handler(signal);
    if (result instanceof Promise) {
      result.catch((error) => {
        process.nextTick(() => {
          throw error;
        });
      });
    }
  };
}
