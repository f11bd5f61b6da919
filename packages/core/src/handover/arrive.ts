import { fstatSync } from 'node:fs';
import { MARKER, type Marker, takeMarker } from './marker.ts';
import { type Payload, readPayload } from './payload.ts';
import { type HandedDescriptor, type HandedLock, sharedState } from './state.ts';

/** How this process became the daemon of a start. */
export interface Arrival {
  readonly marker: Marker;
  readonly payload: Payload;
  /** `true`: `marker.fd` is the launcher's control socket; `false`: `monitor` is off, and the payload came from a file. */
  readonly monitored: boolean;
}

/**
 * Reads marker and payload, once in this process however many copies of the package it loads, and restores the environment.
 * @returns `null` in a process that no launcher started
 * @throws {Error} `ERR_LAUNCHER_GONE`: a launcher started it, and ended before it had told what to start
 * @throws {Error} `ERR_MARKER`: the variable that marks a daemon is set, and nothing that a launcher would send is there
 */
export function arrive(): Arrival | null {
  const state = sharedState();
  if (state.arrivalFault !== undefined) throw faultOf(state.arrivalFault);
  if (state.arrival === undefined) {
    const taken = take();
    if (typeof taken === 'string') {
      state.arrivalFault = taken;
      throw faultOf(taken);
    }
    state.arrival = taken;
    if (state.arrival !== null) {
      const { monitored, payload } = state.arrival;
      restoreEnvironment(payload.env);
      if (monitored || payload.reopens !== true) state.descriptors = [...payload.descriptors];
    }
  }
  return state.arrival;
}

/**
 * Why this process can be neither daemon nor launcher. An ordinary start would be wrong: with `cut` it would start a daemon that is not
 * wanted any more, and with `unfit` perhaps another process like this one, and so on without end.
 */
export type ArrivalFault = 'cut' | 'unfit';

function faultOf(fault: ArrivalFault): Error {
  if (fault === 'cut') {
    return Object.assign(new Error('The launcher ended before it had told this process which daemon to become: nothing is started'), {
      code: 'ERR_LAUNCHER_GONE',
    });
  }
  return Object.assign(
    new Error(
      `The variable ${MARKER} says that this process is a daemon being started, and no launcher's message is where it says: nothing is started. Unset ${MARKER}; only a launcher sets it, for one process`,
    ),
    { code: 'ERR_MARKER' },
  );
}

function take(): Arrival | ArrivalFault | null {
  const marker = takeMarker(process.env);
  if (marker === null) return null;
  if (marker === 'malformed') return 'unfit';
  try {
    // bigint: on Node 20 a plain fstat of a socket makes the ESM loader stop resolving symlinks.
    const stat = fstatSync(marker.fd, { bigint: true });
    const monitored = stat.isSocket();
    // Anything else, a terminal for one, would be a made-up marker, and reading it might never end.
    if (!monitored && !(stat.isFile() && stat.nlink === 0n)) return 'unfit';
    const payload = readPayload(marker.fd, marker.nonce, !monitored);
    if (payload === 'cut') return monitored ? 'cut' : 'unfit';
    return payload === null ? 'unfit' : { marker, payload, monitored };
  } catch {
    return 'unfit';
  }
}

function restoreEnvironment(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (!Object.hasOwn(env, name)) delete process.env[name];
  for (const [name, value] of Object.entries(env)) if (process.env[name] !== value) process.env[name] = value;
}

/** The lock that came with the start of this process, or `null`. */
export function arrivedLock(): HandedLock | null {
  return arrive()?.payload.lock ?? null;
}

/** The open files that came with the start of this process, under the paths the launcher opened them by. */
export function arrivedDescriptors(): readonly HandedDescriptor[] {
  arrive();
  return sharedState().descriptors;
}
