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

export async function upgrade({ daemon, state, name, timeout }: CommandContext): Promise<number> {
  if (isUnknowable(state)) return unknowable(name);
  try {
    const { pid, previous } = await waiting(`upgrading ${name}`, daemon, () => daemon.upgrade(timeout === undefined ? {} : { timeout }));
    say(`${name} upgraded, pid ${pid}; pid ${previous} ends when its connections do`);
    return EXIT.done;
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    complain(`${name} is not running`);
    return EXIT.notRunning;
  }
}

export function reload({ daemon, state, name }: CommandContext): number {
  try {
    daemon.reload();
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    if (isUnknowable(state)) return unknowable(name);
    complain(`${name} is not running`);
    return EXIT.notRunning;
  }
  say(`${name} was told to reload`);
  return EXIT.done;
}

export async function stepDown({ daemon, state, name, timeout }: CommandContext): Promise<number> {
  try {
    const { pid, token } = await waiting(`${name} steps down`, daemon, () => daemon.stepDown(timeout === undefined ? {} : { timeout }));
    say(`${name} has stepped down, pid ${pid}, token ${token}`);
    return EXIT.done;
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    if (isUnknowable(state)) return unknowable(name);
    complain(`${name} is not running`);
    return EXIT.notRunning;
  }
}
