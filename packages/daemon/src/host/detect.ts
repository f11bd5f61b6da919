/** Whether `detach: 'auto'` stays in the foreground. */
export function startedInForeground(): boolean {
  return false;
}
