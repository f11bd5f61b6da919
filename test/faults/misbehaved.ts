import { StartError, StartTimeoutError } from '@daemonium/daemon';
import { expect } from 'vitest';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { expectNothingLeft, moduleDaemon, type Stage } from './invariants.ts';

export type Step = `stage${Stage}` | `after-stage${Stage}`;

export interface Loud {
  readonly fault: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly says: string;
}

/** Faults that end a daemon, and what is to be known of its end. */
export const LOUD: readonly Loud[] = [
  { fault: 'exit:7', exitCode: 7, signal: null, says: 'exited with 7' },
  { fault: 'throw', exitCode: 1, signal: null, says: 'an injected error' },
  { fault: 'reject', exitCode: 1, signal: null, says: 'an injected error' },
  { fault: 'exit:0', exitCode: 0, signal: null, says: 'exited with 0' },
  { fault: 'throw-non-error', exitCode: 1, signal: null, says: 'an injected value that is no error' },
  { fault: 'SIGSEGV', exitCode: null, signal: 'SIGSEGV', says: 'was killed by SIGSEGV' },
];

/** Faults after which it never says anything more. */
export const SILENT = ['hang', 'busy', 'SIGSTOP'] as const;

/** A start that has to fail, and how long that took. */
export async function failingStart(
  box: Sandbox,
  fault: string,
  options: { readonly startTimeout?: number } = {},
): Promise<{ readonly error: StartError; readonly milliseconds: number }> {
  const begun = performance.now();
  const error = await moduleDaemon(box, fault, options)
    .start()
    .then(
      () => {
        throw new Error(`Started in spite of ${fault}`);
      },
      (reason) => reason as StartError,
    );
  return { error, milliseconds: performance.now() - begun };
}

/** The daemon ends in a stage: the launcher says so, at once, and how. */
export async function expectLoud(box: Sandbox, step: Step, { fault, exitCode, signal, says }: Loud): Promise<void> {
  const { error } = await failingStart(box, `${step}=${fault}`);
  const stage = Number(step.slice(-1));
  expect(error).toBeInstanceOf(StartError);
  expect(error).toMatchObject({ stage, exitCode, signal });
  expect(error.message).toContain(`in stage ${stage} (`);
  expect(error.message).toContain(says);
  // And not because its time was over.
  expect(error).not.toBeInstanceOf(StartTimeoutError);
}

/** The daemon says nothing more: the launcher gives up in time, and names the stage. */
export async function expectTimeout(step: Step, fault: string, cleanup?: Parameters<typeof sandbox>[0]): Promise<void> {
  const box = sandbox(cleanup);
  const { error, milliseconds } = await failingStart(box, `${step}=${fault}`, { startTimeout: START_TIMEOUT });
  expect(error).toBeInstanceOf(StartTimeoutError);
  expect(error.stage).toBe(Number(step.slice(-1)));
  expect(error.message).toContain(`was not ready within ${START_TIMEOUT} ms, in stage ${error.stage} (`);
  expect(milliseconds).toBeGreaterThan(START_TIMEOUT - 100);
  await expectNothingLeft(box);
}

/** More than all the starts of a test need to come to their stage, in ms. */
const START_TIMEOUT = 10_000;
