import type { Declaration } from '@daemonium/core/registry';

/** The variable that holds the URL of the lease's engine; `null`: no lease, or its variable is among those that are declared. */
export function engineVariable({ lease, env, envFile }: Declaration): string | null {
  const { urlFrom } = (lease ?? {}) as { readonly urlFrom?: unknown };
  return typeof urlFrom === 'string' && envFile === null && !Object.hasOwn(env, urlFrom) ? urlFrom : null;
}

/** A host starts the daemon with the declared variables, and not with those of this terminal. */
export function engineWarnings(declaration: Declaration): readonly string[] {
  const variable = engineVariable(declaration);
  if (variable === null) return [];
  return [`the URL of the lease is in ${variable}, which is not declared: at boot every start would fail. Declare it with env or envFile`];
}
