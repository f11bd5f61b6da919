import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Declaration, type Places, removeDeclaration, withName } from '@daemonium/core/registry';
import { bootLook } from '../boot/at-boot.ts';
import { CommandError } from '../errors/command-error.ts';
import { DONE } from '../errors/exit-codes.ts';
import { say } from '../terminal/output.ts';
import { actOn, allAtOnce } from './act-on.ts';
import { stopDaemon } from './stop.ts';

export interface DeleteOptions {
  readonly logs?: boolean;
}

/** Stops and forgets daemons. Their logs stay, except with `--logs`. */
export async function deleteDaemons(places: Places, names: readonly string[], { logs = false }: DeleteOptions): Promise<number> {
  const boot = bootLook(places);
  return actOn(places, names, allAtOnce, (declaration) => {
    refuseAtBoot(declaration.name, boot(declaration.name));
    return forget(places, declaration, logs);
  });
}

/** The host would go on to start what is not declared any more, and `uninstall` would not know it. */
function refuseAtBoot(name: string, host: string | null): void {
  if (host === null) return;
  const cure = host === 'runit' ? 'remove its service' : `daemonium uninstall ${name}`;
  throw new CommandError(`${host} starts it at boot. It was left as it is; take that back first: ${cure}`);
}

async function forget(places: Places, declaration: Declaration, withLogs: boolean): Promise<number> {
  const { name } = declaration;
  await withName(places, name, async () => {
    say(await stopDaemon(places, declaration, {}));
    removeDeclaration(places, name);
    if (withLogs) for (const path of logsOf(places, name)) rmSync(path, { force: true });
  });
  say(`${name} deleted${withLogs ? ', with its logs' : ''}`);
  return DONE;
}

/** The log and its rotated files: NAME.log.1, NAME.log.2.gz, NAME.log-20260101. */
function logsOf({ logs }: Places, name: string): string[] {
  const rotated = /^([.-][0-9]+)?(\.(gz|xz|bz2|zst))?$/;
  return readdirSync(logs)
    .filter((file) => file.startsWith(`${name}.log`) && rotated.test(file.slice(name.length + '.log'.length)))
    .map((file) => join(logs, file));
}
