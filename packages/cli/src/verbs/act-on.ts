import type { Declaration, Places } from '@daemonium/core/registry';
import { find } from '../daemons/find.ts';
import { exitCodeOf, messageOf } from '../errors/command-error.ts';
import { FAILED, worst } from '../errors/exit-codes.ts';
import { complain } from '../terminal/output.ts';

type Act = (declaration: Declaration) => Promise<number | null>;

/**
 * Acts on the daemons that these names mean, and reports the declarations that cannot be used.
 * @param turns {@link oneByOne} or {@link allAtOnce}
 * @returns the exit code of the verb
 */
export async function actOn(places: Places, names: readonly string[], turns: typeof oneByOne, act: Act): Promise<number> {
  const { declarations, faults } = find(places, names);
  const codes = await turns(declarations, act);
  for (const fault of faults) complain(messageOf(fault));
  return worst([...codes, ...faults.map(() => FAILED)]);
}

/** Acts on one daemon after another. A failure is reported, and the next daemon has its turn. Returns the exit codes. */
export async function oneByOne(declarations: readonly Declaration[], act: Act): Promise<number[]> {
  const codes: number[] = [];
  for (const declaration of declarations) codes.push(await attempt(declaration, act));
  return codes;
}

/** Acts on all daemons at once, for actions that mostly wait. */
export function allAtOnce(declarations: readonly Declaration[], act: Act): Promise<number[]> {
  return Promise.all(declarations.map((declaration) => attempt(declaration, async (each) => act(each))));
}

async function attempt(declaration: Declaration, act: Act): Promise<number> {
  try {
    return (await act(declaration)) ?? 0;
  } catch (error) {
    complain(`${declaration.name}: ${messageOf(error)}`);
    return exitCodeOf(error);
  }
}
