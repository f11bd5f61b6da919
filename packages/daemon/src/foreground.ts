import { type Context, resolved } from './context.ts';
import { contextOf, refuseFieldOverrides } from './daemon-context.ts';
import { isDaemonProcess } from './daemonized/arrival.ts';
import { type Exported, importTarget, isDaemonClass } from './daemonized/module-target.ts';
import { UNSETTLED } from './host/unsettled.ts';
import { endWithProcess } from './lifetime/end.ts';
import { loadLogging } from './options/logging.ts';

const STUCK =
  "The target module '%' was never loaded to its end. If it is the script that awaits this start, they wait for each other: put the target into a module of its own";

export type Launcher = typeof import('./launcher/launcher.ts');

/** Whether there is nothing to detach from. Then this process is the daemon from here on, and has the lock. */
export async function staysInForeground(context: Context, { startedInForeground }: Launcher): Promise<boolean> {
  const { detach, name } = resolved(context);
  if (detach === true) return false;
  if (detach === 'auto' && (isDaemonProcess || !startedInForeground())) return false;
  const lock = context.lock();
  context.borrowsLock = lock?.isLocked() ?? false;
  if (lock !== null && !context.borrowsLock) await lock.acquire();
  context.role = 'foreground';
  context.pid = process.pid;
  if (context.given.name !== undefined) process.title = name;
  endWithProcess(context);
  return true;
}

/**
 * What runs in the foreground when the target is a module: for a function the daemon that was asked for; for a subclass of Daemon an object
 * of that class, as in a detached daemon. The module is loaded before the stages, because a new root or a new user may not get at it.
 * @throws {DaemonError} `ERR_MODULE_TARGET`
 */
export async function standIn(context: Context): Promise<Context> {
  const { module } = resolved(context);
  if (module === null) return context;
  context.standIn ??= await loadModule(context, module);
  return context.standIn;
}

async function loadModule(context: Context, path: string): Promise<Context> {
  const exported = await imported(path);
  if (!isDaemonClass(exported, context.base)) {
    context.given = { ...context.given, target: exported };
    return context;
  }
  const { target: _target, ...given } = context.given;
  const daemon = new exported(given);
  refuseFieldOverrides(daemon);
  daemon.pidFile = context.lock();
  const own = contextOf(daemon);
  const { role, pid, options, borrowsLock, starting, shutdown, readyWanted } = context;
  Object.assign(own, { role, pid, options, borrowsLock, starting, shutdown, readyWanted });
  own.logging = await loadLogging(own.given);
  own.maker = context.daemon;
  own.standIn = own;
  passEvents(context.daemon, daemon);
  return own;
}

/** A script that is its own target waits for itself, if it awaits its start: Node.js then ends, and says little of the reason. */
async function imported(path: string): Promise<Exported> {
  // Node.js decides about the status in an earlier listener of the same event.
  const explain = () => {
    if (process.exitCode === UNSETTLED) process.stderr.write(`${STUCK.replace('%', path)}\n`);
  };
  process.on('exit', explain);
  try {
    return await importTarget(path);
  } finally {
    process.off('exit', explain);
  }
}

/** Who made the one hears of the other what a launcher would. */
function passEvents(made: Context['daemon'], daemon: Context['daemon']): void {
  daemon.on('stage', (stage) => made.emit('stage', stage));
  daemon.on('ready', (pid) => made.emit('ready', pid));
  daemon.on('reload', () => made.emit('reload'));
  made.on('exit', (code) => daemon.emit('exit', code));
}
