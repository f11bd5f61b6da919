import { core } from '../internal/core.ts';
import { refuseForeignState } from '../internal/state-file.ts';
import type { StdioTable } from './stdio-table.ts';
import type { TemporaryDescriptors } from './temporary-descriptors.ts';

/** Makes the state file of a daemon with a lease, which writes to it with whatever rights it has then. @returns its number in the daemon */
export function crossStateFile(path: string, table: StdioTable, opened: TemporaryDescriptors): number {
  refuseForeignState(path);
  return table.pass(opened.add(core().makeStateFile(path, core().leaseLineOf(path))));
}
