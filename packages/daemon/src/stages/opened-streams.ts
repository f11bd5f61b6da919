import { closeSync, constants, openSync } from 'node:fs';
import { openForAppending } from '@daemonium/core/start';
import { loadCore } from '../internal/core.ts';
import { type OpenedInput, openInput } from '../options/input.ts';
import type { Plan } from '../options/plan.ts';
import type { CrossedTarget } from '../protocol/start-payload.ts';

export type StreamTargets = Readonly<Record<1 | 2, CrossedTarget>>;

/** The descriptors that stage 9 puts in place, opened in stage 1 with the rights and the paths of the launcher. */
export interface OpenedStreams {
  /** Only in the foreground: a daemon has its stdin from the spawn on. */
  readonly stdin: number | null;
  /** /dev/null, where it cannot be opened later. */
  readonly null: number | null;
  readonly targets: ReadonlyMap<1 | 2, number>;
  /** The paths behind the targets, which SIGHUP opens again. */
  readonly paths: ReadonlyMap<1 | 2, string>;
  /** Descriptors that stage 9 closes at its end. */
  readonly temporary: readonly number[];
}

type Confinement = Pick<Plan, 'umask' | 'identity' | 'rootDirectory'>;

/** In the daemon: files that crossed from the launcher have their numbers already. */
export function openStreams(plan: Confinement, streams: StreamTargets): OpenedStreams {
  const crossed = Object.values(streams).flatMap((target) => (target.kind === 'fd' ? target.fd : []));
  return openTargets(plan, streams, crossed);
}

/** In the foreground: 0, 1 and 2 may be swapped among each other, so they are copied first. */
export async function openStreamsHere(plan: Plan): Promise<OpenedStreams> {
  const { stdin, stdout, stderr, named } = plan;
  const copies: number[] = [];
  const streams: Record<1 | 2, CrossedTarget> = { 1: stdout, 2: stderr };
  for (const fd of [1, 2] as const) {
    const target = streams[fd];
    if (target.kind !== 'fd' || target.fd > 2) continue;
    const { F_DUPFD, fcntl, setCloseOnExec } = await loadCore();
    const copy = fcntl(target.fd, F_DUPFD, 3);
    setCloseOnExec(copy);
    copies.push(copy);
    streams[fd] = { kind: 'fd', fd: copy };
  }
  const opened = openTargets(plan, streams, copies);
  const input: OpenedInput | null = named.includes(0) ? openInput(stdin) : null;
  return { ...opened, stdin: input?.fd ?? null, temporary: [...opened.temporary, ...(input?.temporary ? [input.fd] : [])] };
}

function openTargets(plan: Confinement, streams: StreamTargets, temporary: readonly number[]): OpenedStreams {
  const files = new Map<string, number>();
  const targets = new Map<1 | 2, number>();
  const paths = new Map<1 | 2, string>();
  for (const fd of [1, 2] as const) {
    const target = streams[fd];
    if (target.kind === 'fd') targets.set(fd, target.fd);
    if (target.kind !== 'path') continue;
    const opened = files.get(target.path) ?? openForAppending(target.path, streamMode(plan));
    files.set(target.path, opened);
    targets.set(fd, opened);
    paths.set(fd, target.path);
  }
  const confined = plan.identity !== null || plan.rootDirectory !== null;
  const nothing = confined && targets.size < 2 ? openSync('/dev/null', constants.O_RDWR) : null;
  return {
    stdin: null,
    null: nothing,
    targets,
    paths,
    temporary: [...new Set([...temporary, ...files.values(), ...(nothing === null ? [] : [nothing])])],
  };
}

/** The octal mode of a file that a standard stream makes. */
export function streamMode({ umask }: Pick<Plan, 'umask'>): number {
  return 0o666 & ~umask;
}

/** Closes the files that stage 9 has copied to their places. */
export function closeTemporary({ temporary }: OpenedStreams): void {
  for (const fd of temporary) closeSync(fd);
}
