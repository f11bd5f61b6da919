import { becomeDaemon, OptionError } from '@daemonium/core/start';
import { throwUncaught } from '../internal/throw-uncaught.ts';
import type { SignalMap } from '../options/given-options.ts';
import { signalName } from '../options/signal-names.ts';
import type { SignalMeaning } from '../options/signals.ts';
import type { Service } from '../service/service.ts';
import type { ServiceManager } from '../service/service-manager.ts';

type Handler = (signal: NodeJS.Signals) => unknown;

/**
 * Stage 7: sets the meaning of signals. SIGTERM and SIGINT terminate; SIGHUP reloads; SIGTSTP, SIGTTIN and SIGTTOU are ignored, and so is
 * SIGUSR1, which would open the inspector. `signalMap` comes on top. Signals that came since stage 6 are delivered now.
 * @see https://man7.org/linux/man-pages/man7/signal.7.html
 */
export function stage7Signals({ facts, plan, termination, signals, manager }: Service): void {
  const { daemon, given } = facts;
  const handlers = new Map<NodeJS.Signals, Handler>();
  const functions = givenFunctions(given.signalMap);
  for (const [signal, meaning] of plan.signals) {
    const handler = handlerOf(meaning, functions.get(signal), (method) => methodOf(daemon, method, manager));
    if (handler === undefined) throw missing(signal, meaning);
    handlers.set(signal, handler);
  }
  for (const [signal, handler] of handlers)
    termination.listenFirst(
      signal,
      guarded((name) => handler.call(daemon, name)),
    );
  // Loggers reopen their files on SIGHUP from now on.
  becomeDaemon();
  for (const signal of signals.deliver()) process.emit(signal, signal);
}

function handlerOf(
  meaning: SignalMeaning,
  given: Handler | undefined,
  methodNamed: (name: string) => Handler | undefined,
): Handler | undefined {
  // The signal is ignored.
  if (meaning === null) return () => {};
  return 'fn' in meaning ? given : methodNamed(meaning.method);
}

/** Looked up when the signal comes, so that a method which the program assigns later counts. */
function methodOf(daemon: object, name: string, manager: ServiceManager | null): Handler | undefined {
  const methods = daemon as Record<string, Handler | undefined>;
  if (typeof methods[name] !== 'function') return undefined;
  const call: Handler = (signal) => methods[name]?.(signal);
  // An overridden reload() is a reload, too.
  return name === 'reload' && manager !== null ? (signal) => manager.whileReloading(() => call(signal)) : call;
}

/** The launcher's check may not hold here: the module's class differs, or the script took another way. */
function missing(signal: NodeJS.Signals, meaning: SignalMeaning): OptionError {
  const method = meaning !== null && 'method' in meaning ? meaning.method : undefined;
  const expected = method === undefined ? 'the function that the launcher was given' : 'the name of a method of the daemon';
  return new OptionError(`signalMap.${signal}`, expected, method, 'ERR_OPTION_VALUE');
}

/** The functions of `signalMap`, by the signal's name. They do not cross: these are the script's, as it ran again. */
function givenFunctions(signalMap: SignalMap | undefined): Map<NodeJS.Signals, Handler> {
  const functions = new Map<NodeJS.Signals, Handler>();
  for (const [key, action] of Object.entries(signalMap ?? {})) {
    const name = typeof action === 'function' ? signalName(key) : null;
    if (name !== null) functions.set(name, action as Handler);
  }
  return functions;
}

/** An error that a handler throws or rejects with counts as uncaught: it is logged, the lock is released, and the daemon exits with 1. */
function guarded(handler: Handler): Handler {
  return (signal) => {
    const result = handler(signal);
    if (result instanceof Promise) result.catch(throwUncaught);
  };
}
