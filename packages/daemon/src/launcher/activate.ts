import { existsSync } from 'node:fs';
import { type Context, resolved } from '../context.ts';
import { StartError } from '../errors.ts';
import { unlinkedFile } from '../options/input.ts';
import { commandLine } from './command-line.ts';
import { type Ordinal, prepareCrossing } from './stage1-detach.ts';
import { launch } from './start.ts';

/** The launcher's end of `activate()` and of a stage called by itself: it does not return, unless nothing could be started at all. */
export async function launchAndExit(context: Context, ordinal: Ordinal): Promise<never> {
  if (!resolved(context).monitor) return fireAndForget(context, ordinal);
  try {
    await launch(context, ordinal);
  } catch (error) {
    // Before anything was spawned, the caller can still do something about it.
    if (!(error instanceof StartError)) throw error;
    context.failure = error;
  }
  return context.daemon.report();
}

/** `monitor: false`: daemonize-process spawns and exits at once; nobody waits, so nobody is told. */
async function fireAndForget(context: Context, ordinal: Ordinal): Promise<never> {
  const { daemonizeProcess } = await import('daemonize-process');
  const command = commandLine(resolved(context).module);
  const lock = context.lock();
  if (lock !== null && !lock.isLocked()) await lock.acquire();
  const crossing = prepareCrossing(context, command, ordinal);
  const { stdio, env, payload, control } = crossing;
  stdio[control] = unlinkedFile(payload);
  // It takes process.env as it is; given an `env` it drops its own marker and respawns for ever.
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
  Object.assign(process.env, env);
  delete process.env['_DAEMONIZE_PROCESS'];
  const [script = '', ...rest] = crossing.command.args;
  if (!existsSync(crossing.command.file)) throw new StartError(`Cannot start the daemon's process: '${crossing.command.file}' is missing`);
  daemonizeProcess({ node: crossing.command.file, script, arguments: rest, stdio });
  throw new StartError('The launcher was kept from ending');
}
