import type { Places } from '@daemonium/core/registry';
import { CommandError } from '../errors/command-error.ts';
import { USAGE, worst } from '../errors/exit-codes.ts';
import { requested, type Typed } from '../start/request.ts';
import { type Outcome, type StartOptions, startDaemon } from '../start/start-daemon.ts';
import { oneByOne } from './one-by-one.ts';

export async function start(places: Places, word: string | undefined, typed: Typed, options: StartOptions): Promise<Outcome> {
  const wanted = await requested(places, word, typed);
  const [only] = wanted;
  if (wanted.length === 1 && only !== undefined) return startDaemon(places, only, options);
  if (options.foreground === true) throw new CommandError('--foreground is for one daemon: this process becomes it', USAGE);
  return worst(await oneByOne(wanted, (declaration) => startDaemon(places, declaration, options)));
}
