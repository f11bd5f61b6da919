import type { Places } from '@daemonium/core/registry';
import { engineWarnings } from '../boot/engine-variable.ts';
import { type Format, unitFiles } from '../boot/format.ts';
import { usualFormat } from '../boot/host.ts';
import { programPaths } from '../boot/program-paths.ts';
import { serviceOf } from '../boot/service.ts';
import { findOne } from '../daemons/find.ts';
import { DONE } from '../errors/exit-codes.ts';
import { complain, sayAsIs } from '../terminal/output.ts';

/** Prints the files that a host needs to start the daemon at boot. Writes none. */
export function unit(places: Places, name: string, { for: format = usualFormat(places) }: { readonly for?: Format }): number {
  const paths = programPaths();
  const declaration = findOne(places, name);
  // In a manifest it comes from a secret.
  const ofEngine = format === 'kubernetes' ? [] : engineWarnings(declaration);
  for (const warning of [...paths.warnings, ...ofEngine]) complain(warning);
  const files = unitFiles(serviceOf(places, declaration, paths), format);
  const several = files.length > 1;
  sayAsIs(files.map((file) => `${several ? `# ${file.name}\n` : ''}${file.text}`).join('\n'));
  return DONE;
}
