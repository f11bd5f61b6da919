import { OptionError } from '@daemonium/core/start';
import { throwUncaught } from '../internal/throw-uncaught.ts';
import type { GivenOptions } from '../options/given-options.ts';
import type { DaemonLease } from '../options/lease-option.ts';
import type { LeasePlan } from '../options/plan.ts';
import type { TakesPart } from '../service/service.ts';
import { isLease } from './check.ts';
import { Leadership } from './leadership.ts';
import { LeaseNotes } from './lease-notes.ts';
import { makeLease } from './make.ts';

/** The things that a process needs to become the leader. */
interface Part {
  readonly plan: LeasePlan;
  readonly given: GivenOptions;
  /** Descriptor of the state file. */
  readonly stateFile: number | null;
  readonly pidFile: string | null;
  /** Something starts this process again when it ends with exit code 75. */
  readonly comesBack: boolean;
  /** Resolves when this process takes its predecessor's place; `null`: this is no upgrade. */
  readonly handedOver: Promise<void> | null;
}

/**
 * Makes a daemon's part in the cluster. Does not connect to the engine, but loads the code for that: after stage 3 it may be out of
 * reach, for the user or by the root directory.
 * @throws {OptionError} the launcher's check does not hold here
 * @throws {LeaseFailedError} the engine's client is not installed
 */
export async function takePart({ plan, given, stateFile, pidFile, comesBack, handedOver }: Part): Promise<TakesPart> {
  const lease = leaseOf(plan, given);
  await lease.load();
  const notes = stateFile === null || pidFile === null ? null : new LeaseNotes(stateFile, pidFile, handedOver);
  return (service) =>
    new Leadership(
      lease,
      { notes, comesBack, handedOver },
      {
        lead: (token) => {
          try {
            service.facts.daemon.emit('lead', token);
          } catch (error) {
            throwUncaught(error);
          }
        },
        status: (text) => service.manager?.tell(`STATUS=${text}`),
        lost: (reason) => {
          service.log.error(withCause(reason));
          service.termination.leave(lease.killIn);
        },
        trouble: (error) => service.log.error(String(error)),
      },
    );
}

function leaseOf(plan: LeasePlan, { lease, env = {} }: GivenOptions): DaemonLease {
  if (plan.kind === 'data') return makeLease(plan.data, { ...process.env, ...env });
  if (isLease(lease)) return lease;
  throw new OptionError('lease', 'the Lease that the launcher was given', lease, 'ERR_OPTION_TYPE');
}

function withCause({ message, cause }: Error): string {
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}
