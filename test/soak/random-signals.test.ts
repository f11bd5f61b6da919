import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expectComplete, expectNextStartWorks, expectNothingLeft, hasLine } from '../faults/invariants.ts';
import type { Finished, Launched } from '../helpers/launch.ts';
import { statOf } from '../helpers/observe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { pause, until } from '../helpers/wait.ts';
import { partOf } from './part.ts';

const ROUNDS = partOf(3_000);
/** A failure is repeated, as far as the clock allows, with the seed that it names. */
const SEED = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);

const METHODS = ['start', 'activate', 'control'] as const;
const TARGETS = ['launcher', 'shell', 'daemon'] as const;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'SIGSTOP'] as const;
/** A start takes about half of it, on an idle machine. In ms. */
const SPAN_MS = 250;

interface Shot {
  readonly at: number;
  readonly target: (typeof TARGETS)[number];
  readonly signal: (typeof SIGNALS)[number];
  /** Until SIGCONT. */
  readonly stopped: number;
}

interface Round {
  readonly method: (typeof METHODS)[number];
  readonly hasPidFile: boolean;
  readonly shots: readonly Shot[];
}

/** Mulberry32: small, and the same everywhere. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function makeRound(next: () => number): Round {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const shots = Array.from({ length: 1 + Math.floor(next() * 3) }, () => ({
    at: next() * SPAN_MS,
    target: pick(TARGETS),
    signal: pick(SIGNALS),
    stopped: next() * 100,
  }));
  return { method: pick(METHODS), hasPidFile: next() < 0.6, shots: shots.sort((a, b) => a.at - b.at) };
}

/** Which process of the start is which, now. */
function find(box: Sandbox, launcher: Launched, target: Shot['target']): number | null {
  if (target === 'launcher') return launcher.child.exitCode === null && launcher.child.signalCode === null ? launcher.pid : null;
  const others = carriersOf(box.token).filter((pid) => pid !== launcher.pid);
  const isShell = (pid: number) => statOf(pid).comm === 'sh';
  try {
    return others.find((pid) => isShell(pid) === (target === 'shell')) ?? null;
  } catch {
    return null;
  }
}

/** @returns whom it has hit */
async function shoot(box: Sandbox, launcher: Launched, { target, signal, stopped }: Shot): Promise<string | null> {
  const pid = find(box, launcher, target);
  if (pid === null || pid <= 1) return null;
  const send = (each: NodeJS.Signals) => {
    try {
      return process.kill(pid, each);
    } catch {
      return false;
    }
  };
  const hit = send(signal);
  if (signal === 'SIGSTOP') {
    await pause(stopped);
    send('SIGCONT');
  }
  return hit ? `${signal} to ${target}` : null;
}

async function play(box: Sandbox, { method, hasPidFile, shots }: Round): Promise<{ finished: Finished; hits: string[] }> {
  const args = [method, ...(hasPidFile ? [box.path('daemon.pid')] : [])];
  const began = performance.now();
  const launcher = box.spawn('soak-daemon', { args });
  const hits: string[] = [];
  for (const shot of shots) {
    await pause(Math.max(0, shot.at - (performance.now() - began)));
    const hit = await shoot(box, launcher, shot);
    if (hit !== null) hits.push(hit);
  }
  return { finished: await launcher.finished, hits };
}

/** The end of a round, once nothing changes any more: nothing, or a daemon on its own, with its lock, if it has one, and without a line to its launcher. */
function whatIsLeft(box: Sandbox, hasPidFile: boolean): 'nothing' | 'daemon' | null {
  const [pid, ...more] = carriersOf(box.token);
  if (pid === undefined) return 'nothing';
  if (more.length > 0 || statOf(pid).comm === 'sh' || hasLine(pid)) return null;
  return !hasPidFile || expectComplete(box) === pid ? 'daemon' : null;
}

/** Whether the launcher has said that the start worked. */
function hasSaid({ method }: Round, { stdout, code }: Finished): boolean {
  return method === 'activate' ? code === 0 : /^subject started(, pid|, and)/m.test(stdout);
}

type Outcome = 'announced' | 'announcedAndEnded' | 'nothing' | 'unannounced';

/** What has become of a start. @throws when neither a daemon that was announced is there, nor nothing */
function judge(runs: boolean, said: boolean, hits: readonly string[]): Outcome {
  const wasHit = (pattern: RegExp) => hits.some((hit) => pattern.test(hit));
  if (runs && said) return 'announced';
  // The launcher that let it go was killed before it could say so: a window of a millisecond, and nothing but SIGKILL gets into it.
  if (runs && wasHit(/^SIGKILL to launcher/)) return 'unannounced';
  if (runs) throw new Error('A daemon that nobody was told of');
  if (!said) return 'nothing';
  // What has worked stays, unless somebody ends it.
  if (!wasHit(/to daemon/)) throw new Error('An announced daemon is gone');
  return 'announcedAndEnded';
}

async function playAndJudge(round: Round): Promise<Outcome> {
  const box = sandbox();
  const { finished, hits } = await play(box, round);
  try {
    const left = await until(() => whatIsLeft(box, round.hasPidFile), { what: 'a daemon on its own, or nothing', deadline: 20_000 });
    const outcome = judge(left === 'daemon', hasSaid(round, finished), hits);
    if (outcome === 'nothing' || outcome === 'announcedAndEnded') {
      await expectNothingLeft(box);
      if (!hits.some((hit) => hit.startsWith('SIGKILL'))) expect(existsSync(box.path('daemon.pid'))).toBe(false);
    }
    return outcome;
  } catch (cause) {
    throw new Error(`${cause}: ${JSON.stringify({ round, hits, finished, left: carriersOf(box.token) })}`, { cause });
  } finally {
    await box.reap();
  }
}

test(`random signals at random moments: a daemon that was announced, or nothing; ${ROUNDS} rounds`, async () => {
  const next = random(SEED);
  const seen = { announced: 0, announcedAndEnded: 0, nothing: 0, unannounced: 0 };
  for (let count = 0; count < ROUNDS; count++) {
    const round = makeRound(next);
    try {
      seen[await playAndJudge(round)]++;
    } catch (cause) {
      throw new Error(`Seed ${SEED}, round ${count}: ${cause}`, { cause });
    }
    if (count % 25 === 0) await expectNextStartWorks(sandbox());
    if (count % 100 === 99) console.log(`seed ${SEED}: ${count + 1} of ${ROUNDS} rounds`);
  }
  console.log({ seed: SEED, rounds: ROUNDS, ...seen });
});
