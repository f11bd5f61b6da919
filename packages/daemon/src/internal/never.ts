/** A promise that never settles: the code after it belongs to another process. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
