import { existsSync } from 'node:fs';
import { anonymousFile } from '@daemonium/core/start';
import type { DaemonState } from '../definition/daemon-state.ts';
import { outputDrained } from '../internal/output-drained.ts';
import type { Logging } from '../options/logging.ts';
import type { Plan } from '../options/plan.ts';
import type { CountedCall } from '../start-call/call-journal.ts';
import { LauncherLock } from './launcher-lock.ts';
import { LauncherSockets } from './launcher-sockets.ts';
import { nodeCommand } from './node-command.ts';
import { spawnDaemon, spawnFailure } from './spawn.ts';
import { planSpawn } from './spawn-plan.ts';
import { TemporaryDescriptors } from './temporary-descriptors.ts';

/** `monitor: false`: daemonize-process spawns and exits at once. The launcher does not wait, so it cannot report failures. */
export async function fireAndForget({ facts, lock }: DaemonState, plan: Plan, logging: Logging, call: CountedCall): Promise<never> {
  const { daemonizeProcess } = await import('daemonize-process');
  const command = nodeCommand(plan.entry);
  const held = new LauncherLock(lock);
  await held.take();
  const before = { ...process.env };
  try {
    const recipe = { lock: held, sockets: new LauncherSockets(plan, lock), spawn: spawnDaemon, succession: null, lingers: false };
    using opened = new TemporaryDescriptors();
    const spawn = planSpawn({ ...recipe, facts, plan, logging, call, command, respawn: null }, opened);
    const { stdio, env } = spawn;
    stdio[spawn.control] = opened.add(anonymousFile(spawn.payload()));
    const { file, args } = spawn.command;
    if (!existsSync(file)) throw Object.assign(new Error(`'${file}' is missing`), { code: 'ENOENT' });
    // daemonize-process ends this process at once.
    await outputDrained();
    // It takes process.env as it is; given an `env` it drops its own marker and respawns for ever.
    replaceEnvironment(env);
    delete process.env['_DAEMONIZE_PROCESS'];
    const [script = '', ...rest] = args;
    daemonizeProcess({ node: file, script, arguments: rest, stdio });
    throw new Error('something kept the launcher from ending');
  } catch (error) {
    replaceEnvironment(before);
    held.giveBack();
    throw spawnFailure(error as NodeJS.ErrnoException);
  }
}

function replaceEnvironment(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
  Object.assign(process.env, env);
}
