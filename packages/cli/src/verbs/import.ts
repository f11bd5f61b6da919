import { declarationOf, type Places, workingDirectory } from '@daemonium/core/registry';
import { DONE, FAILED, worst } from '../errors/exit-codes.ts';
import { readEcosystem } from '../pm2/ecosystem.ts';
import { printConfig } from '../pm2/print.ts';
import { translate } from '../pm2/translate.ts';
import { startDaemon } from '../start/start-daemon.ts';
import { complain, sayAsIs, shown } from '../terminal/output.ts';
import { oneByOne } from './act-on.ts';

export interface ImportOptions {
  readonly start?: boolean;
  readonly environment?: string;
}

/**
 * Turns pm2's ecosystem file into a config file, or starts its programs at once. Reports each setting that has no equivalent on a line of
 * its own.
 */
export async function importEcosystem(places: Places, file: string, { start = false, environment }: ImportOptions): Promise<number> {
  const { daemons, remarks } = translate(await readEcosystem(file), environment);
  for (const remark of remarks) complain(remark);
  if (!start) {
    sayAsIs(printConfig(daemons, workingDirectory()));
    return shown(Object.keys(daemons).length === 0 ? FAILED : DONE);
  }
  const wanted = Object.entries(daemons).map(([name, { user, group, ...daemon }]) =>
    declarationOf(places, {
      name,
      by: 'command',
      ...daemon,
      ...(user === undefined ? {} : { user: String(user) }),
      ...(group === undefined ? {} : { group: String(group) }),
    }),
  );
  return worst(await oneByOne(wanted, (declaration) => startDaemon(places, declaration)));
}
