import { existsSync } from 'node:fs';
import { type Context, resolved } from '../context.ts';
import { StartError } from '../errors.ts';
import { unlinkedFile } from '../options/input.ts';
import { commandLine } from './command-line.ts';
import { type Ordinal, prepareCrossing } from './crossing.ts';
import { spawnFailure } from './spawn.ts';
import { launch } from './start.ts';
import { StartLock } from './start-lock.ts';
import { Opened } from './streams.ts';

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
  const lock = new StartLock(context.lock());
  await lock.take();
  const before = { ...process.env };
  try {
    using opened = new Opened();
    const crossing = prepareCrossing(context, command, ordinal, opened);
    const { stdio, env } = crossing;
    stdio[crossing.control] = opened.add(unlinkedFile(crossing.payload()));
    const { file, args } = crossing.command;
    if (!existsSync(file)) throw Object.assign(new Error(`'${file}' is missing`), { code: 'ENOENT' });
    // It takes process.env as it is; given an `env` it drops its own marker and respawns for ever.
    replaceEnvironment(env);
    delete process.env['_DAEMONIZE_PROCESS'];
    const [script = '', ...rest] = args;
    daemonizeProcess({ node: file, script, arguments: rest, stdio });
    throw new Error('something kept the launcher from ending');
  } catch (error) {
    replaceEnvironment(before);
    lock.giveBack();
    throw spawnFailure(error as NodeJS.ErrnoException);
  }
}

function replaceEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
  Object.assign(process.env, env);
}
