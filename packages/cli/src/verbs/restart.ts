import { type Declaration, noteStarted, type Places, readDeclaration, replaceDeclaration, withName } from '@daemonium/core/registry';
import { asStopped } from '../daemons/as-stopped.ts';
import { unknownName } from '../daemons/find.ts';
import { daemonOf } from '../start/daemon-of.ts';
import { markLogs } from '../start/log-since.ts';
import { runOwnVerb } from '../start/own-verb.ts';
import { again } from '../start/request.ts';
import { findScript } from '../start/script.ts';
import { announced, reportOutput, withCure } from '../start/start-daemon.ts';
import { whileSpinning } from '../terminal/spinner.ts';
import { version } from '../version.ts';
import { actOn, oneByOne } from './act-on.ts';
import type { StopOptions } from './stop.ts';

/** Stops and starts daemons, with the present environment and the present config file. */
export async function restart(places: Places, names: readonly string[], options: StopOptions): Promise<number> {
  return actOn(places, names, oneByOne, (declaration) => restartDaemon(places, declaration, options));
}

async function restartDaemon(places: Places, { name, by, ...rest }: Declaration, options: StopOptions): Promise<number> {
  if (by === 'control') return runOwnVerb({ name, by, ...rest }, 'restart');
  const { wanted, ...running } = await withName(places, name, async () => {
    const known = readDeclaration(places, name);
    if (known === null) throw unknownName(places, name);
    const wanted = await again(places, known);
    // Checked before anything is stopped.
    findScript(wanted.script, '/');
    const daemon = await daemonOf(wanted, true);
    replaceDeclaration(places, known, wanted);
    const logs = markLogs(wanted);
    try {
      await asStopped(places, known, () => whileSpinning(`restarting ${name}`, () => daemon.restart(options)));
    } catch (error) {
      reportOutput(error, logs);
      throw withCure(error, wanted);
    }
    noteStarted(places, name, version());
    return { wanted, daemon, logs };
  });
  return announced(places, wanted, running, 'restarted');
}
