import type { Context } from '../context.ts';
import { replayed, replayProbe } from '../daemonized/replay.ts';
import { NotRunningError } from '../errors.ts';
import { type DaemonStatus, statusNow } from './status.ts';

export function kill(_context: Context, _signal: NodeJS.Signals | number): boolean {
  throw new NotRunningError('no');
}
export function reload(context: Context): void {
  context.daemon.emit('reload');
}
export function status(context: Context): DaemonStatus {
  const before = replayProbe(context, 'status');
  return before === null ? statusNow(context) : (replayed(before) as DaemonStatus);
}
export function isAlive(context: Context): boolean {
  return status(context).running;
}
export function join(_context: Context, _options: { readonly timeout?: number }): Promise<boolean> {
  return Promise.resolve(true);
}
