import { EXIT } from '@daemonium/core/start';
import type { CommandContext } from './command-context.ts';
import { isNotRunning, isUnknowable, unknowable } from './failure.ts';
import { complain, say, waiting } from './output.ts';

export async function stop({ daemon, state, name, timeout }: CommandContext): Promise<number> {
  try {
    const { pid, forced } = await waiting(`stopping ${name}`, daemon, () => daemon.stop(timeout === undefined ? {} : { timeout }));
    say(`${name} stopped, pid ${pid}${forced ? '; it had to be killed' : ''}`);
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    if (isUnknowable(state)) return unknowable(name);
    say(`${name} is not running`);
  }
  return EXIT.done;
}

export async function upgrade(context: CommandContext): Promise<number> {
  const { daemon, state, name, timeout } = context;
  if (isUnknowable(state)) return unknowable(name);
  try {
    const { pid, previous } = await waiting(`upgrading ${name}`, daemon, () => daemon.upgrade(timeout === undefined ? {} : { timeout }));
    say(`${name} upgraded, pid ${pid}; pid ${previous} ends when its connections do`);
    return EXIT.done;
  } catch (error) {
    return notRunning(context, error);
  }
}

export function reload(context: CommandContext): number {
  const { daemon, name } = context;
  try {
    daemon.reload();
  } catch (error) {
    return notRunning(context, error);
  }
  say(`${name} was told to reload`);
  return EXIT.done;
}

export async function stepDown(context: CommandContext): Promise<number> {
  const { daemon, name, timeout } = context;
  try {
    const { pid, token } = await waiting(`${name} steps down`, daemon, () => daemon.stepDown(timeout === undefined ? {} : { timeout }));
    say(`${name} has stepped down, pid ${pid}, token ${token}`);
    return EXIT.done;
  } catch (error) {
    return notRunning(context, error);
  }
}

/** @throws every other error than that the daemon does not run */
function notRunning({ state, name }: CommandContext, error: unknown): number {
  if (!isNotRunning(error)) throw error;
  if (isUnknowable(state)) return unknowable(name);
  complain(`${name} is not running`);
  return EXIT.notRunning;
}
