import type { Declaration, Places } from '@daemonium/core/registry';
import { find } from '../daemons/find.ts';
import { messageOf } from '../errors/command-error.ts';
import { DONE, FAILED, NOT_RUNNING, worst } from '../errors/exit-codes.ts';
import { holderOf } from '../start/daemon-of.ts';
import { complain, say } from '../terminal/output.ts';
import { whileSpinning } from '../terminal/spinner.ts';
import { oneByOne } from './one-by-one.ts';

export interface StepDownOptions {
  /** Time-out in ms. Default: the daemon's `stopTimeout`. */
  readonly timeout?: number;
}

/** Gives the leases to other hosts. Of all daemons, those that lead. */
export async function stepDown(places: Places, names: readonly string[], options: StepDownOptions): Promise<number> {
  const { declarations, faults } = find(places, names);
  const all = names.includes('all');
  const codes = await oneByOne(declarations, (declaration) => stepDownDaemon(declaration, all, options));
  for (const fault of faults) complain(messageOf(fault));
  return worst([...codes, ...faults.map(() => FAILED)]);
}

async function stepDownDaemon(declaration: Declaration, mayHaveNoReign: boolean, options: StepDownOptions): Promise<number> {
  const { name } = declaration;
  const daemon = await holderOf(declaration);
  try {
    const { pid, token } = await whileSpinning(`${name} steps down`, () => daemon.stepDown(options));
    say(`${name} has stepped down, pid ${pid}, token ${token}`);
    return DONE;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (mayHaveNoReign && (code === 'ERR_NOT_RUNNING' || code === 'ERR_NOT_LEADING')) return DONE;
    if (code !== 'ERR_NOT_RUNNING') throw error;
    complain(`${name} is not running`);
    return NOT_RUNNING;
  }
}
