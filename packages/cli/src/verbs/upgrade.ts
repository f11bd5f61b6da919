import { type Declaration, noteStarted, type Places, withName } from '@daemonium/core/registry';
import { DONE, NOT_RUNNING } from '../errors/exit-codes.ts';
import { daemonOf } from '../start/daemon-of.ts';
import { markLogs } from '../start/log-since.ts';
import { runOwnVerb } from '../start/own-verb.ts';
import { reportOutput, withCure } from '../start/start-daemon.ts';
import { complain, say } from '../terminal/output.ts';
import { whileSpinning } from '../terminal/spinner.ts';
import { version } from '../version.ts';
import { actOn, oneByOne } from './act-on.ts';

export interface UpgradeOptions {
  /** Time-out of the successor's start, in ms. */
  readonly timeout?: number;
}

/** The program as it is now takes over, one daemon after another. One that fails goes on as it was. Of all, those that run. */
export async function upgrade(places: Places, names: readonly string[], options: UpgradeOptions): Promise<number> {
  const all = names.includes('all');
  return actOn(places, names, oneByOne, (declaration) => upgradeDaemon(places, declaration, all, options));
}

async function upgradeDaemon(places: Places, declaration: Declaration, mayBeStopped: boolean, options: UpgradeOptions): Promise<number> {
  if (declaration.by === 'control') return runOwnVerb(declaration, 'upgrade');
  // A delete of the name comes before or after, so that no note is left of it.
  return withName(places, declaration.name, () => underLock(places, declaration, mayBeStopped, options));
}

async function underLock(places: Places, declaration: Declaration, mayBeStopped: boolean, options: UpgradeOptions): Promise<number> {
  const { name } = declaration;
  const daemon = await daemonOf(declaration, true);
  const logs = markLogs(declaration);
  try {
    const { pid, previous } = await whileSpinning(`upgrading ${name}`, () => daemon.upgrade(options));
    noteStarted(places, name, version());
    say(`${name} upgraded, pid ${pid}; pid ${previous} ends when its connections do`);
    return DONE;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_NOT_RUNNING') {
      reportOutput(error, logs);
      throw withCure(error, declaration);
    }
    if (mayBeStopped) return DONE;
    complain(`${name} is not running`);
    return NOT_RUNNING;
  }
}
