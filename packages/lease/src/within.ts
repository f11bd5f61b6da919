import { setTimeout as elapse } from 'node:timers/promises';

/** The error for an answer that did not come in time. Its `code` is the system's name for that. */
function noAnswer(ms: number): Error {
  return Object.assign(new Error(`no answer within ${Math.round(ms)} ms`), { code: 'ETIMEDOUT' });
}

/** The promise's result, or a rejection after so many ms. A later result or failure is dropped. */
export function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(noAnswer(ms)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Resolves after so many ms, or at the abort. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return elapse(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}
