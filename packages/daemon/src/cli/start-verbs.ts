import { defined, EXIT, statusOfSignal } from '@daemonium/core/start';
import type { DaemonState } from '../definition/daemon-state.ts';
import type { EarlyEnd } from '../definition/start-outcome.ts';
import { endLauncher, printOutcome } from '../launcher/print-outcome.ts';
import type { GivenOptions } from '../options/given-options.ts';
import { type StartRequest, start as startDaemon } from '../start-call/dispatch.ts';
import { stopForRestart } from '../start-call/queries.ts';
import type { CommandContext } from './command-context.ts';
import { codeOf, isUnknowable, MEANS_HELD, unknowable } from './failure.ts';
import { complain, say, waiting } from './output.ts';
import { waitingText } from './status.ts';
import { watchStart } from './watch-start.ts';

export async function start({ daemon, state, name }: CommandContext): Promise<number> {
  try {
    await waiting(`starting ${name}`, daemon, () => startDaemon(state, { method: 'start', lingers: true }));
  } catch (error) {
    const now = daemon.status();
    if ((now.pid === null && now.state !== 'waiting') || !MEANS_HELD.includes(codeOf(error))) throw error;
    say(`${name} is already ${now.pid === null ? `started, and ${waitingText(now)}` : `running, pid ${now.pid}`}`);
    return EXIT.done;
  }
  return started(state, `${name} started`);
}

export async function restart({ daemon, state, name, timeout }: CommandContext): Promise<number> {
  // Without a lock it would start a second one beside the first.
  if (isUnknowable(state)) return unknowable(name);
  const request: StartRequest = {
    method: 'restart',
    before: () => stopForRestart(state, timeout === undefined ? {} : { timeout }),
    lingers: true,
  };
  await waiting(`restarting ${name}`, daemon, () => startDaemon(state, request));
  return started(state, `${name} restarted`);
}

/** Runs the daemon in this process, supervised or not. Output that goes to a file is also shown, unless --quiet. */
export async function foreground({ state, quiet }: CommandContext): Promise<number> {
  const { stdout, stderr, ...given } = state.facts.given;
  const streams = quiet ? { stdout, stderr } : { stdout: unlessPath(stdout), stderr: unlessPath(stderr) };
  await startDaemon(state, { method: 'start', given: { ...given, ...defined(streams), detach: false } });
  return EXIT.done;
}

function unlessPath<T>(stream: T): Exclude<T, string | URL> | undefined {
  return typeof stream === 'string' || stream instanceof URL ? undefined : (stream as Exclude<T, string | URL>);
}

/** A daemon that says itself when it is ready is believed; any other is watched for a moment. */
async function started({ side, facts: { given } }: DaemonState, what: string): Promise<number> {
  const outcome = side.role === 'launcher' ? side.outcome : null;
  if (outcome?.kind !== 'started') return EXIT.done;
  printOutcome(outcome.output, outcome.error, null);
  const moments = saysItselfReady(given) ? null : await watchStart(outcome);
  if (moments === null || moments.end === null) {
    say(`${what}, pid ${outcome.pid}`);
    if (typeof moments?.interruptedBy === 'number') endLauncher(statusOfSignal(moments.interruptedBy));
    return EXIT.done;
  }
  if (moments.end.exitCode === 0) {
    say(`${what}, and finished after ${moments.milliseconds} ms`);
    return EXIT.done;
  }
  const isBack = outcome.supervisor !== null;
  complain(`${what}, and ended after ${moments.milliseconds} ms${reasonOf(moments.end)}${isBack ? '; it is started again' : ''}`);
  return isBack ? EXIT.done : EXIT.failed;
}

function reasonOf({ error, exitCode }: EarlyEnd): string {
  if (error !== null) return `: ${error.name}: ${error.message}`;
  return exitCode === null ? '' : `: it exited with ${exitCode}`;
}

function saysItselfReady({ waitForReady, ready }: GivenOptions): boolean {
  return waitForReady === true || ready === 'listening' || ready === 'message';
}
