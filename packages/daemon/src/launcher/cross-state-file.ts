import { core } from '../internal/core.ts';
import { refuseForeignState } from '../internal/state-file.ts';
import type { StartRecipe } from './spawn-plan.ts';
import type { StdioTable } from './stdio-table.ts';
import type { TemporaryDescriptors } from './temporary-descriptors.ts';

/**
 * Makes the state file of a daemon with a lease, which writes to it with whatever rights it has then; a successor gets its predecessor's.
 * @returns its number in the daemon; `null`: it has none
 */
export function crossStateFile(
  { plan, lock: { path }, succession }: Pick<StartRecipe, 'plan' | 'lock' | 'succession'>,
  table: StdioTable,
  opened: TemporaryDescriptors,
): number | null {
  if (plan.lease === null || path === null) return null;
  const known = succession?.lease?.stateFile ?? null;
  if (known !== null) return table.pass(known);
  refuseForeignState(path);
  return table.pass(opened.add(core().makeStateFile(path, core().leaseLineOf(path))));
}
