import { fstatSync } from 'node:fs';
import { arrival } from '../daemonized/arrival.ts';
import { plainOptions } from '../launcher/entry.ts';
import type { Service } from '../service/service.ts';
import type { CountedCall } from '../start-call/call-journal.ts';

/** The parts of this daemon that its successor shares. They are recorded before the program can change them. */
export interface Origin {
  /** The launcher's call, which the script comes to again. */
  readonly call: CountedCall;
  readonly className: string;
  readonly name: string;
  readonly plain: Record<string, unknown>;
  readonly directory: string;
  /** `process.argv`, which programs change. */
  readonly argv: readonly string[];
  /** Files that stay open under their numbers: number, and the file that was there. */
  readonly inherited: ReadonlyMap<number, string>;
}

/** @param call in the foreground: the call that this process made */
export function originOf({ facts, plan, lock, directory }: Service, call: CountedCall | null): Origin {
  const { className, name, given } = arrival ?? { ...facts, given: plainOptions(facts.given, plan, lock?.path ?? null) };
  return {
    call: call ?? callOfLauncher(),
    className,
    name,
    plain: given as Record<string, unknown>,
    directory,
    argv: [...process.argv],
    inherited: new Map(plan.inherit.flatMap((fd) => (fd > 2 ? [[fd, fileAt(fd)] as const] : []))),
  };
}

function callOfLauncher(): CountedCall {
  const { index = 0, method = 'start', history = [], queries = [] } = arrival ?? {};
  return { index, method, history, queries };
}

/** The program may have closed it, and its number may be something else's by now. */
export function stillInherited({ inherited }: Origin): number[] {
  return [...inherited].flatMap(([fd, identity]) => (identity !== '' && fileAt(fd) === identity ? fd : []));
}

function fileAt(fd: number): string {
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return '';
  }
}
