import type { Declaration, Places } from '@daemonium/core/registry';
import { DONE, NOT_RUNNING } from '../errors/exit-codes.ts';
import { holderOf } from '../start/daemon-of.ts';
import { complain, say } from '../terminal/output.ts';
import { actOn, allAtOnce } from './act-on.ts';

/** Sends SIGHUP: the daemons reopen their logs, and the programs do what they do at SIGHUP. With `all`, stopped daemons are left out. */
export async function reload(places: Places, names: readonly string[]): Promise<number> {
  const all = names.includes('all');
  return actOn(places, names, allAtOnce, (declaration) => reloadDaemon(declaration, all));
}

async function reloadDaemon(declaration: Declaration, mayBeStopped: boolean): Promise<number> {
  const { name } = declaration;
  const daemon = await holderOf(declaration);
  try {
    daemon.reload();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_NOT_RUNNING') throw error;
    if (mayBeStopped) return DONE;
    complain(`${name} is not running`);
    return NOT_RUNNING;
  }
  say(`${name} was told to reload`);
  return DONE;
}
