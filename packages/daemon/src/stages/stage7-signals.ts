import { becomeDaemon } from '@daemonium/core/handover';
import { type Context, resolved } from '../context.ts';
import { releaseSignals } from '../lifetime/held-signals.ts';
import { whileReloading } from '../lifetime/notify.ts';
import type { SignalAction } from '../options/daemon-options.ts';

/**
 * Stage 7: what signals mean to the daemon. SIGTERM and SIGINT terminate, SIGHUP reloads, SIGTSTP, SIGTTIN and SIGTTOU are ignored, and so
 * is SIGUSR1, which would open the inspector; then `signalMap`. What came since stage 6 is delivered now.
 * @see https://man7.org/linux/man-pages/man7/signal.7.html
 */
export async function stage7Signals(context: Context): Promise<void> {
  const { daemon } = context;
  const handlers = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => unknown>();
  const given = await givenFunctions(context);
  for (const [signal, meaning] of resolved(context).signals) {
    if (meaning === null) handlers.set(signal, () => {});
    else if ('fn' in meaning) handlers.set(signal, (name) => given.get(signal)?.call(daemon, name));
    else handlers.set(signal, (name) => callMethod(context, meaning.method, name));
  }
  for (const [signal, handler] of handlers) process.on(signal, guarded(handler));
  // Loggers reopen their files on SIGHUP from now on.
  becomeDaemon();
  for (const signal of releaseSignals(context)) process.emit(signal, signal);
}

function callMethod(context: Context, method: string, signal: NodeJS.Signals): unknown {
  const call = () => (context.daemon as unknown as Record<string, (signal: NodeJS.Signals) => unknown>)[method]?.(signal);
  return method === 'reload' ? whileReloading(context, call) : call();
}

/** The functions of `signalMap`, by the signal's name. They do not cross: these are the script's, as it ran again. */
async function givenFunctions(context: Context): Promise<Map<NodeJS.Signals, (signal: NodeJS.Signals) => unknown>> {
  const functions = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => unknown>();
  const { signalMap } = context.given;
  if (signalMap === undefined || !resolved(context).signals.some(([, meaning]) => meaning !== null && 'fn' in meaning)) return functions;
  const { signalName } = await import('../options/signals.ts');
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
