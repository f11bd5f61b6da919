import { outputDrained, outputIsPending } from '../internal/output-drained.ts';
import { print } from '../internal/print.ts';

/** Prints the daemon's output and the reason of its failure, each to its stream, after earlier output of this process. */
export function printOutcome(output: string, error: string, failure: unknown): void {
  print(process.stdout, output);
  print(process.stderr, error);
  if (failure !== null) print(process.stderr, `${describe(failure)}\n`);
}

/**
 * Ends the launcher: 0 when the daemon is ready. process.exit() would lose output that a pipe (64 KiB) has not taken yet, so the process
 * may end a little after this has returned.
 */
export function endLauncher(code: number): never {
  process.exitCode = code;
  if (!outputIsPending()) process.exit();
  void outputDrained().then(() => process.exit());
  return undefined as never;
}

function describe(failure: unknown): string {
  if (!(failure instanceof Error)) return `Uncaught ${String(failure)}`;
  const { cause } = failure;
  // The stack that helps is the daemon's; where the launcher called start() is known.
  const stack = cause instanceof Error && cause.stack !== undefined ? `\n${cause.stack}` : '';
  return `${failure.name}: ${failure.message}${stack}`;
}
