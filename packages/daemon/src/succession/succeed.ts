import { supervisedRun } from '../daemonized/arrival.ts';
import { DaemonError } from '../errors.ts';
import { Launch, loadRespawn, nodeCommand, spawnDaemon } from '../launcher/entry.ts';
import type { LaunchSubject } from '../launcher/spawn-plan.ts';
import { loadLogging } from '../options/logging.ts';
import type { Entry } from '../options/plan.ts';
import type { Service } from '../service/service.ts';
import type { Origin } from './origin.ts';
import { SuccessorLock } from './successor-lock.ts';
import { type Asked, successorPlan, successorSockets } from './successor-plan.ts';
import { SuccessorSockets } from './successor-sockets.ts';

/**
 * Makes this daemon the launcher of its successor: the script as it is on disk now, all stages, with this daemon's lock and sockets.
 * Nothing changes until the pid file names the successor, whatever fails.
 * @param name has the caller of `upgrade()` write the pid file; `null`: this process may do it
 * @throws {StartError} the successor's; this daemon goes on
 * @throws the reason of `signal`
 */
export async function succeed(
  service: Service,
  origin: Origin,
  asked: Asked,
  { signal, name }: { readonly signal: AbortSignal; readonly name: ((pid: number) => Promise<void>) | null },
): Promise<number> {
  const { facts, lock, sockets, leadership } = service;
  if (lock === null) throw new DaemonError('Without a pid file there is no lock to hand on', { code: 'ERR_NOT_UPGRADABLE' });
  const plan = successorPlan(service, origin, asked);
  const { kept, missing } = successorSockets(service);
  const { call, className, plain, directory } = origin;
  // No script waits for this start. The methods and events of the daemon object belong to its own start, so they are left out.
  const subject: LaunchSubject = {
    className,
    name: origin.name,
    given: facts.given,
    daemon: { emit: () => false, monitor: ({ done }) => done },
    stages: { call: () => launch.detach(), overrides: (stage) => facts.stages.overrides(stage) },
  };
  const launch: Launch = new Launch({
    facts: subject,
    plan,
    call,
    lingers: false,
    logging: await loadLogging(facts.given),
    command: commandOf(plan.entry, origin),
    lock: new SuccessorLock(lock, name, {
      committing: () => leadership?.handOn(),
      committed: () => {
        if (sockets !== null) sockets.servers.areHandedOn = true;
      },
    }),
    sockets: new SuccessorSockets(kept, missing, sockets?.requests ?? null),
    // The one place in which the successor's process is made.
    spawn: spawnDaemon,
    succession: { plain, directory, lease: leadership },
    // A shell of its own. The pid file names it at the commit, and the shell of this daemon then starts nothing more.
    respawn: supervisedRun() === null ? null : await loadRespawn(plan, lock, true),
  });
  const { pid } = await launch.run(signal);
  return pid;
}

function commandOf(entry: Entry, { argv }: Origin) {
  // The flags of a program are among this process's own already.
  return nodeCommand(entry.kind === 'program' ? { ...entry, execArgv: [] } : entry, argv);
}
