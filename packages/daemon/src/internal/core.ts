import { loadFailure, requireBeside, sharedState } from '@daemonium/core/start';

/** The lock and the system calls. A start without a pid file does not need them. */
export type Core = typeof import('@daemonium/core/handover').siblings;

/**
 * Loads it, at once where that can be; once in a process, by whomever. An application bundled into one file has it in the bundle, where only
 * import() finds it; everywhere else import() would be in the way of {@link core}, which cannot wait for what is being loaded.
 */
export function loadCore(): Core | Promise<Core> {
  try {
    return core();
  } catch (failure) {
    return import('@daemonium/core/handover').then(
      ({ siblings }) => siblings,
      () => Promise.reject(failure),
    );
  }
}

/**
 * The same for what answers at once, such as `status()`.
 * @throws {Error} `ERR_CORE` when it is not there; in an application bundled into one file, when nothing has been started yet
 */
export function core(): Core {
  const state = sharedState();
  state.core ??= required();
  return state.core as Core;
}

function required(): Core {
  try {
    const { siblings } = requireBeside('@daemonium/core/handover', import.meta.url) as { readonly siblings: Core };
    return siblings;
  } catch (cause) {
    throw Object.assign(new Error(`Cannot load @daemonium/core: ${loadFailure('@daemonium/core', cause)}`, { cause }), {
      code: 'ERR_CORE',
    });
  }
}
