import { describe, expect, test } from 'vitest';
import { drive } from '../daemon/respawn/drive.ts';
import { shells } from '../daemon/respawn/subject.ts';
import { allPids, statOf } from '../helpers/observe.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { pause, until } from '../helpers/wait.ts';
import { partOf } from './part.ts';

/** Stops on each shell. */
const ROUNDS = partOf(600);
/** Some runs, and the pauses between them. In ms. */
const SPAN_MS = 300;
const DEADLINE_MS = 15_000;

function inSession(leader: number): number[] {
  return allPids().filter((pid) => {
    try {
      const { sid, state } = statOf(pid);
      return sid === leader && state !== 'Z';
    } catch {
      return false;
    }
  });
}

/** A program that says it has listeners, crashes soon, and ends at SIGTERM. */
function crasher(): string {
  return `trap 'exit 0' TERM; kill -ALRM $PPID; sleep ${(Math.random() * 0.03).toFixed(3)} & wait $!; exit 1`;
}

/** @returns how long the stop took, in ms */
async function stopAtRandom(box: Sandbox, round: number, shell: (typeof shells)[number]): Promise<number> {
  const driven = drive(box, { shell, run: crasher(), delays: '0.05 0.1 0.2' });
  const pid = driven.child.pid as number;
  driven.stay();
  // Before its traps are there a shell dies of the signal, as any process does. unshare and bash come first.
  await until(() => driven.runs().length > 0, { what: 'the first run', interval: 1 });
  await pause(Math.random() * SPAN_MS);
  if (round % 3 === 0) process.kill(pid, 'SIGHUP');
  const began = performance.now();
  process.kill(pid, 'SIGTERM');
  if (round % 5 === 0) process.kill(pid, 'SIGTERM');
  const ended = await Promise.race([driven.ended, pause(DEADLINE_MS).then(() => 'it did not end')]);
  const took = performance.now() - began;
  expect({ round, ended }).toEqual({ round, ended: expect.any(Number) });
  // What was killed is on its way.
  await until(() => inSession(pid).length === 0, { what: `the end of all processes of round ${round}`, deadline: DEADLINE_MS });
  return took;
}

describe.each(shells)('$name', (shell) => {
  test.skipIf(shell.missing !== false)(`${ROUNDS} stops at random moments: each ends, and nothing is left`, async () => {
    const box = sandbox();
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) took.push(await stopAtRandom(box, round, shell));
    console.log(`${shell.name}: ${ROUNDS} stops, worst ${Math.max(...took).toFixed(0)} ms`);
  });
});
