import { loadFailure, requireBeside, sharedState } from '@daemonium/core/start';

/** The lock and the system calls. A start without a pid file does not need them. */
export type Core = typeof import('@daemonium/core/handover').internals;

/**
 * Loads core once in a process, at once if possible. An application bundled into one file has core in the bundle, where only import() finds
 * it. Elsewhere use require(): {@link core} fails while an import() of the same module is pending.
 */
export function loadCore(): Core | Promise<Core> {
  try {
    return core();
  } catch (failure) {
    return import('@daemonium/core/handover').then(
      ({ internals }) => internals,
      () => Promise.reject(failure),
    );
  }
}

/**
 * Core for calls that answer at once, such as `status()`.
 * @throws {Error} `ERR_CORE` when it is not there; in an application bundled into one file, when nothing has been started yet
 */
export function core(): Core {
  const state = sharedState();
  state.core ??= required();
  return state.core as Core;
}

function required(): Core {
  try {
    const { internals } = requireBeside('@daemonium/core/handover', import.meta.url) as { readonly internals: Core };
    return internals;
  } catch (cause) {
    throw Object.assign(new Error(`Cannot load @daemonium/core: ${loadFailure('@daemonium/core', cause)}`, { cause }), {
      code: 'ERR_CORE',
    });
  }
}
