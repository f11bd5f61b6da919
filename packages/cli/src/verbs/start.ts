import type { Places } from '@daemonium/core/registry';
import { CommandError, messageOf } from '../errors/command-error.ts';
import { FAILED, USAGE, worst } from '../errors/exit-codes.ts';
import { again, everything, requested, type Typed } from '../start/request.ts';
import { type Outcome, type StartOptions, startDaemon } from '../start/start-daemon.ts';
import { complain } from '../terminal/output.ts';
import { oneByOne } from './act-on.ts';

export async function start(places: Places, word: string | undefined, typed: Typed, options: StartOptions): Promise<Outcome> {
  if (word !== undefined && word !== 'all') return startDaemon(places, await requested(places, word, typed), options);
  const { declarations, faults } = await everything(places, word, typed);
  const [only] = declarations;
  if (declarations.length === 1 && faults.length === 0 && only !== undefined)
    return startDaemon(places, await again(places, only), options);
  if (options.foreground === true) throw new CommandError('--foreground is for one daemon: this process becomes it', USAGE);
  const codes = await oneByOne(declarations, async (declaration) => startDaemon(places, await again(places, declaration), options));
  for (const fault of faults) complain(messageOf(fault));
  return worst([...codes, ...faults.map(() => FAILED)]);
}
