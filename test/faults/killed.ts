import { expect } from 'vitest';
import { fixture, sandbox } from '../helpers/sandbox.ts';
import { expectNothingLeft, parseOutcome, STAGES } from './invariants.ts';

/** Where the daemon is killed, and what the launcher then says of the place and of the stage. */
type Place = readonly [place: string, where: string, stage: number | null];

export const PLACES: readonly Place[] = [
  ['before-user-code', ', before it had loaded @daemonium/daemon', null],
  ['script', ', before stage 1', null],
  ...STAGES.flatMap((stage) => [
    [`stage${stage}`, `in stage ${stage} (`, stage] satisfies Place,
    [`after-stage${stage}`, `in stage ${stage} (`, stage] satisfies Place,
  ]),
];

/** SIGKILL of the daemon at one place: the launcher says so, names the place, and nothing is left. */
export async function killDaemonAt([place, where, stage]: Place, cleanup?: Parameters<typeof sandbox>[0]): Promise<void> {
  const box = sandbox(cleanup);
  const early = place === 'before-user-code';
  const { code, signal, stdout } = await box.launch('fault-daemon', {
    args: [box.path('daemon.pid')],
    ...(early ? { execArgv: ['--import', fixture('fault-before-user-code')] } : { env: { DAEMONIUM_FAULT: `${place}=SIGKILL` } }),
  });
  expect({ code, signal }).toEqual({ code: 1, signal: null });
  const error = parseOutcome(stdout);
  expect(error).toMatchObject({ name: 'StartError', signal: 'SIGKILL', exitCode: null, stage });
  expect(error.message).toContain('was killed by SIGKILL');
  expect(error.message).toContain(where);
  expect(error.output).toBe(early ? '' : 'written before the start\n');
  await expectNothingLeft(box);
}
