/** Whether a write to a pipe is still under way. */
export function outputIsPending(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.endsWith('WriteWrap'));
}

/** Resolves when stdout and stderr have written the program's output. Node writes to a pipe as fast as the pipe takes it. */
export async function outputDrained(): Promise<void> {
  if (!outputIsPending()) return;
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => void stream.write('', () => resolve()))),
  );
}
