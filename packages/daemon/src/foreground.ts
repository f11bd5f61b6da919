import { type Context, resolved } from './context.ts';
import { contextOf, refuseFieldOverrides } from './daemon-context.ts';
import { isDaemonProcess } from './daemonized/arrival.ts';
import { endWithProcess } from './lifetime/end.ts';

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
  const { importTarget, isDaemonClass } = await import('./daemonized/module-target.ts');
  const exported = await importTarget(path);
  if (!isDaemonClass(exported, context.base)) {
    context.exported = exported;
    return context;
  }
  const { target: _target, ...given } = context.given;
  const daemon = new exported(given);
  refuseFieldOverrides(daemon);
  daemon.pidFile = context.lock();
  const own = contextOf(daemon);
  const { role, pid, options, logging, borrowsLock } = context;
  passEvents(context.daemon, daemon);
  return Object.assign(own, { role, pid, options, logging, borrowsLock, standIn: own });
}

/** Who made the one hears of the other what a launcher would. */
function passEvents(made: Context['daemon'], daemon: Context['daemon']): void {
  daemon.on('stage', (stage) => made.emit('stage', stage));
  daemon.on('ready', (pid) => made.emit('ready', pid));
  daemon.on('reload', () => made.emit('reload'));
  // To listen to it is to ask for time.
  if (made.listenerCount('terminate') > 0) daemon.on('terminate', () => made.emit('terminate'));
  made.on('exit', (code) => daemon.emit('exit', code));
}
