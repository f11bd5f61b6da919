import type { Places } from '@daemonium/core/registry';
import { bootLook } from '../boot/at-boot.ts';
import { find } from '../daemons/find.ts';
import { reportOf } from '../daemons/report.ts';
import { asPredicate, type State, stateOf } from '../daemons/state.ts';
import { usageOf } from '../daemons/usage.ts';
import { messageOf } from '../errors/command-error.ts';
import { STATUS, worst } from '../errors/exit-codes.ts';
import { duration } from '../terminal/format.ts';
import { complain, say, sayJson } from '../terminal/output.ts';
import { version } from '../version.ts';

export async function status(places: Places, names: readonly string[], { json = false }: { readonly json?: boolean }): Promise<number> {
  const { declarations, faults } = find(places, names);
  const seen = declarations.map((declaration) => ({ declaration, state: stateOf(places, declaration, version()) }));
  if (json) {
    const usage = await usageOf(seen.flatMap(({ state }) => state.pid ?? []));
    const boot = bootLook(places);
    sayJson(seen.map(({ declaration, state }) => reportOf(declaration, state, usage.get(state.pid ?? 0), boot(declaration.name))));
  } else for (const { declaration, state } of seen) say(`${declaration.name} ${inWords(state, declaration.pidFile)}`);
  for (const fault of faults) complain(messageOf(fault));
  return worst([...seen.map(({ state }) => state.exitCode), ...faults.map(() => STATUS.unknown)]);
}

function inWords(state: State, pidFile: string): string {
  const { pid, since, exitCode } = state;
  const said = asPredicate(state);
  if (pid !== null && since !== null) return `${said}, pid ${pid}, for ${duration(Date.now() - since.getTime())}`;
  return exitCode === STATUS.dead ? `${said}, and left its pid file '${pidFile}'` : said;
}
