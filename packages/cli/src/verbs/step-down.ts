import type { Declaration, Places } from '@daemonium/core/registry';
import { DONE, NOT_RUNNING } from '../errors/exit-codes.ts';
import { holderOf } from '../start/daemon-of.ts';
import { complain, say } from '../terminal/output.ts';
import { whileSpinning } from '../terminal/spinner.ts';
import { actOn, oneByOne } from './act-on.ts';

export interface StepDownOptions {
  /** Time-out in ms. Default: the daemon's `stopTimeout`. */
  readonly timeout?: number;
}

/** Gives the leases to other hosts. Of all daemons, those that lead. */
export async function stepDown(places: Places, names: readonly string[], options: StepDownOptions): Promise<number> {
  const all = names.includes('all');
  return actOn(places, names, oneByOne, (declaration) => stepDownDaemon(declaration, all, options));
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
