import type { Declaration, Places } from '@daemonium/core/registry';
import { find } from '../daemons/find.ts';
import { messageOf } from '../errors/command-error.ts';
import { DONE, FAILED, NOT_RUNNING, worst } from '../errors/exit-codes.ts';
import { holderOf } from '../start/daemon-of.ts';
import { complain, say } from '../terminal/output.ts';
import { allAtOnce } from './one-by-one.ts';

/** Sends SIGHUP: the daemons reopen their logs, and the programs do what they do at SIGHUP. With `all`, stopped daemons are left out. */
export async function reload(places: Places, names: readonly string[]): Promise<number> {
  const { declarations, faults } = find(places, names);
  const all = names.includes('all');
  const codes = await allAtOnce(declarations, (declaration) => reloadDaemon(declaration, all));
  for (const fault of faults) complain(messageOf(fault));
  return worst([...codes, ...faults.map(() => FAILED)]);
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
