import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { workingDirectory } from '@daemonium/core/registry';
import { isRecord } from '../config/check.ts';
import { CommandError } from '../errors/command-error.ts';

/** One entry of pm2's `apps`, unchecked. */
export type App = Readonly<Record<string, unknown>>;

export interface Ecosystem {
  readonly path: string;
  readonly apps: readonly App[];
  /** The keys beside `apps`. */
  readonly others: readonly string[];
}

/** Reads pm2's ecosystem file, which is JavaScript or JSON. @throws {CommandError} */
export async function readEcosystem(word: string): Promise<Ecosystem> {
  const path = resolve(workingDirectory(), word);
  const value = await load(path);
  // An object, its list of apps, one app, or the list alone.
  const given = isRecord(value) ? (value['apps'] ?? value) : value;
  const apps = Array.isArray(given) ? given : [given];
  if (!apps.every(isRecord) || !apps.some(({ script }) => script !== undefined)) {
    throw new CommandError(`'${path}' is not an ecosystem file of pm2: expected module.exports = { apps: [{ name, script, ... }] }`);
  }
  const others = isRecord(value) && value['apps'] !== undefined ? Object.keys(value).filter((key) => key !== 'apps') : [];
  return { path, apps, others };
}

async function load(path: string): Promise<unknown> {
  if (!existsSync(path)) throw new CommandError(`'${path}' cannot be read: there is no such file`);
  if (/\.ya?ml$/.test(path)) throw new CommandError(`'${path}' is YAML, which is not read here: expected JavaScript or JSON`);
  try {
    if (extname(path) === '.json') return JSON.parse(readFileSync(path, 'utf8'));
    // Also reads what `require()` would: of CommonJS `default` is module.exports.
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
    return module.default ?? module;
  } catch (cause) {
    throw new CommandError(`'${path}' cannot be read: ${(cause as Error).message.split('\n')[0]}`, undefined, { cause });
  }
}
