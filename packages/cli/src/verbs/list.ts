import { type Declaration, type Places, type RegistryError, readDeclarations } from '@daemonium/core/registry';
import { bootLook } from '../boot/at-boot.ts';
import { accounts, asUser, placesOfAccount, requireRoot } from '../daemons/all-users.ts';
import { type Report, reportOf } from '../daemons/report.ts';
import { type State, stateOf } from '../daemons/state.ts';
import { usageOf } from '../daemons/usage.ts';
import { messageOf } from '../errors/command-error.ts';
import { DONE, FAILED } from '../errors/exit-codes.ts';
import { colourOfState, coloursFor } from '../terminal/colours.ts';
import { bytes, duration, homely } from '../terminal/format.ts';
import { complain, say, sayJson } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { version } from '../version.ts';

export interface ListOptions {
  readonly json?: boolean;
  readonly allUsers?: boolean;
}

interface Seen {
  readonly declaration: Declaration;
  readonly state: State;
  readonly boot: string | null;
  readonly user?: string;
}

export async function list(places: Places, { json = false, allUsers = false }: ListOptions): Promise<number> {
  const { seen, faults } = allUsers ? ofAllUsers() : ofOne(places);
  const usage = await usageOf(seen.flatMap(({ state }) => state.pid ?? []));
  const reports = seen.map(({ declaration, state, boot, user }) => ({
    ...reportOf(declaration, state, usage.get(state.pid ?? 0), boot),
    ...(user === undefined ? {} : { user }),
  }));
  if (json) sayJson(reports);
  else if (reports.length > 0) for (const line of tableOf(reports, seen)) say(line);
  else if (faults.length === 0) complain('no daemons yet; start one with: daemonium start SCRIPT');
  for (const fault of faults) complain(messageOf(fault));
  return faults.length === 0 ? DONE : FAILED;
}

function ofOne(places: Places): { readonly seen: readonly Seen[]; readonly faults: readonly RegistryError[] } {
  const { declarations, faults } = readDeclarations(places);
  const boot = bootLook(places);
  const seen = declarations.map((declaration) => ({
    declaration,
    state: stateOf(places, declaration, version()),
    boot: boot(declaration.name),
  }));
  return { seen, faults };
}

function ofAllUsers(): ReturnType<typeof ofOne> {
  requireRoot();
  const all = accounts().map((account) => {
    const { seen, faults } = asUser(account, () => guarded(() => ofOne(placesOfAccount(account))));
    return { seen: seen.map((one) => ({ ...one, user: account.user })), faults };
  });
  return { seen: all.flatMap(({ seen }) => seen), faults: all.flatMap(({ faults }) => faults) };
}

/** A home that is not to be looked into is one fault among others. */
function guarded(look: () => ReturnType<typeof ofOne>): ReturnType<typeof ofOne> {
  try {
    return look();
  } catch (error) {
    return { seen: [], faults: [error as RegistryError] };
  }
}

function tableOf(reports: readonly Report[], seen: readonly Seen[]): string[] {
  const colours = coloursFor(process.stdout);
  const withUser = reports.some(({ user }) => user !== undefined);
  const heads = [...(withUser ? ['USER'] : []), 'NAME', 'STATE', 'PID', 'UPTIME', 'RESTARTS', 'CPU', 'MEMORY', 'BOOT', 'LOG'];
  const rows = reports.map((report, index) => {
    const state = seen[index]?.state;
    const since = state?.since ?? null;
    return [
      ...(withUser ? [{ text: report.user ?? '-' }] : []),
      { text: report.name, colour: colours.bold },
      { text: state?.text ?? '', colour: colourOfState(colours, report.state) },
      ...[report.pid, since === null ? null : duration(Date.now() - since.getTime()), report.restarts].map(cell),
      ...[report.cpu === null ? null : `${Math.round(report.cpu)}%`, report.memory === null ? null : bytes(report.memory)].map(cell),
      ...[report.boot, report.log === null ? null : homely(report.log)].map(cell),
    ];
  });
  const width = process.stdout.isTTY ? process.stdout.columns : 0;
  return table([heads.map((text) => ({ text, colour: colours.dim })), ...rows], width);
}

function cell(value: string | number | null): { readonly text: string } {
  return { text: value === null ? '-' : String(value) };
}
