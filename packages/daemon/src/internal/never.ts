/** A promise that never settles: what comes after it belongs to another process. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
