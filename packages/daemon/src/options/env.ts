import { OptionError, readPart } from '@daemonium/core/start';

/** The changes that the option `env` makes; `null` deletes. @throws {OptionError} */
export function resolveEnv(env: unknown): Record<string, string | null> {
  if (env === undefined) return {};
  if (typeof env !== 'object' || env === null || Array.isArray(env))
    throw new OptionError('env', 'an object of strings', env, 'ERR_OPTION_TYPE');
  return Object.fromEntries(
    Object.keys(env).map((name) => {
      const value = readPart(env, name, `env.${name}`);
      if (name === '' || /[=\0]/.test(name)) throw new OptionError('env', "names without '=' and NUL", name, 'ERR_OPTION_VALUE');
      if (value !== undefined && (typeof value !== 'string' || value.includes('\0'))) {
        throw new OptionError(`env.${name}`, 'a string without NUL, or undefined', value, 'ERR_OPTION_TYPE');
      }
      return [name, value ?? null];
    }),
  );
}
