import { fstatSync } from 'node:fs';
import type { PidLockFile } from '@daemonium/core';
import { anonymousFile, anonymousNote, formatMarker, hasProc, OptionError, openForAppending } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import { refuseForeignState } from '../internal/state-file.ts';
import type { Plan } from '../options/plan.ts';
import type { RespawnPlan } from '../options/respawn.ts';
import type { ResolvedTarget } from '../options/streams.ts';
import type { StrayDescriptor, Supervised } from '../protocol/start-payload.ts';
import type { HandedSocket } from '../sockets/handed-socket.ts';
import { streamMode } from '../stages/opened-streams.ts';
import type { NodeCommand } from './node-command.ts';
import type { ShellOptions } from './shell.ts';
import type { StdioTable } from './stdio-table.ts';
import type { TemporaryDescriptors } from './temporary-descriptors.ts';

/** dash reads one digit of a descriptor's number, so the shell can close or copy none above this one. */
const HIGHEST_DIGIT = 9;

export interface Crossed {
  readonly control: number;
  readonly lock: { readonly fd: number; readonly path: string };
  readonly stdin: ShellOptions['stdin'];
  readonly streams: Readonly<Record<1 | 2, ResolvedTarget>>;
}

/** The command that the shell starts again and again. */
interface Supervision {
  /** The payload that each run reads from its beginning. */
  readonly payload: Buffer;
  readonly marker: { readonly index: number; readonly nonce: string };
  readonly sockets: readonly Pick<HandedSocket, 'address' | 'file'>[];
  readonly noCore: boolean;
}

/** Makes the spawn of a shell that stays. */
export type MakeRespawnSpawn = (table: StdioTable, plan: Plan, opened: TemporaryDescriptors, crossed: Crossed) => RespawnSpawn;

/**
 * Refuses faults that can be found before anything is locked or spawned.
 * @param script the path of respawn.sh
 * @param succeeds a running daemon starts its successor: the state file is there, and goes on
 * @throws {OptionError} `ERR_OPTION_VALUE`
 * @throws {DaemonError} `ERR_STATE_FILE`
 */
export function prepareRespawn(
  { inherit, stdin, stdout, stderr }: Plan,
  { path }: PidLockFile,
  script: string,
  succeeds: boolean,
): MakeRespawnSpawn {
  // Descriptors for the control socket, the lock, the shell's socket, and the streams.
  const needed = 3 + [stdin, stdout, stderr].filter(({ kind }) => kind !== 'null').length;
  const most = HIGHEST_DIGIT - 2 - needed;
  const low = inherit.filter((fd) => fd > 2 && fd <= HIGHEST_DIGIT);
  if (low.length > most) {
    const expected = `at most ${most} descriptors from 3 to ${HIGHEST_DIGIT} with respawn: the shell needs the other numbers, and knows no higher ones`;
    throw new OptionError('inheritFiles', expected, low, 'ERR_OPTION_VALUE');
  }
  if (!succeeds) refuseForeignState(path);
  return (...crossing) => new RespawnSpawn(script, succeeds, ...crossing);
}

/** A start whose shell stays: the files that cross for it, with their numbers. */
export class RespawnSpawn {
  readonly #script: string;
  readonly #plan: Plan;
  readonly #table: StdioTable;
  readonly #opened: TemporaryDescriptors;
  readonly #control: number;
  readonly #lock: { readonly fd: number; readonly path: string };
  readonly #succeeds: boolean;
  readonly #stdin: number | null;
  /** The shell's final output. */
  readonly #output: Readonly<Record<1 | 2, number | null>>;
  /** Numbers that are the shell's alone. */
  readonly #own: number[];
  /** These three have no number before {@link RespawnSpawn.passFiles}. */
  #state = -1;
  #healthy = -1;
  #payload = -1;
  readonly link: number;

  /** @param crossed the files that have their numbers in the daemon already */
  constructor(script: string, succeeds: boolean, table: StdioTable, plan: Plan, opened: TemporaryDescriptors, crossed: Crossed) {
    this.#script = script;
    this.#plan = plan;
    this.#table = table;
    this.#opened = opened;
    this.#control = crossed.control;
    this.#lock = crossed.lock;
    this.#succeeds = succeeds;
    this.#stdin = crossed.stdin === 'inherited' ? null : crossed.stdin;
    this.link = table.control();
    const files = new Map<string, number>();
    const output = (target: ResolvedTarget) => {
      if (target.kind === 'null') return null;
      if (target.kind === 'fd') return target.fd;
      const known = files.get(target.path) ?? table.pass(opened.add(openForAppending(target.path, streamMode(plan))));
      files.set(target.path, known);
      return known;
    };
    this.#output = { 1: output(crossed.streams[1]), 2: output(crossed.streams[2]) };
    this.#own = [this.link, ...files.values()];
  }

  /**
   * Passes the files that the shell opens by name, so that their numbers may have several digits.
   * @param known the predecessor's state file: unlike the shell, the daemon can write to it without a right to open it
   * @returns the state file's number in the daemon, with a lease
   */
  passFiles(known: number | null): number | null {
    const table = this.#table;
    const { lease } = this.#plan;
    this.#healthy = table.pass(this.#opened.add(anonymousNote()));
    const state = this.#opened.add(this.#stateFile(lease !== null));
    this.#state = table.pass(state);
    this.#own.push(this.#state);
    const stateFile = lease === null ? null : table.pass(known ?? state);
    // The payload has its own number in it, so the number comes before the content.
    this.#payload = table.next();
    table.stdio[this.#payload] = 'ignore';
    return stateFile;
  }

  #stateFile(hasLease: boolean): number {
    const { path } = this.#lock;
    // One that has given up root may not write it: then nothing is told.
    if (this.#succeeds) return core().openStateOf(path) ?? anonymousNote();
    return core().makeStateFile(path, `${core().firstRespawnLine()}${hasLease ? core().leaseLineOf(path) : ''}`);
  }

  get crossed(): Supervised {
    const spare = this.#own.filter((fd) => fd > HIGHEST_DIGIT);
    return { healthy: this.#healthy, spare, unread: this.#payload > HIGHEST_DIGIT ? this.#payload : null };
  }

  /** The shell would keep descriptors that exec leaves open, so it gets /dev/null in their places; the daemon closes these. */
  mask(strays: readonly StrayDescriptor[]): StrayDescriptor[] {
    if (strays.length === 0) return [];
    const nothing = this.#opened.null();
    const { dev, ino } = fstatSync(nothing, { bigint: true });
    return strays.map(([fd]) => {
      this.#table.stdio[fd] = nothing;
      return [fd, String(dev), String(ino)];
    });
  }

  /** The command that becomes the shell. */
  command(command: NodeCommand, { payload, marker, sockets, noCore }: Supervision): NodeCommand {
    this.#table.stdio[this.#payload] = this.#opened.add(anonymousFile(payload));
    const paths = sockets.flatMap(({ address, file }) =>
      address !== null && 'path' in address && file !== null ? quoted(address.path) : [],
    );
    const { respawn } = this.#plan;
    const { on, never, limit, delays } = respawn as RespawnPlan;
    return {
      file: '/bin/sh',
      args: [
        this.#script,
        ...[this.#firstRun(), this.#laterRuns(), this.#keep()],
        formatMarker({ fd: this.#payload, ...marker }),
        ...[String(this.link), String(this.#lock.fd), this.#lock.path],
        ...[String(this.#state), core().stateFilePath(this.#lock.path), paths.join(' '), String(this.#healthy)],
        ...[on, `,${never.join(',')},`, limit === null ? '' : String(limit), delays.map(seconds).join(' '), noCore ? 'nocore' : ''],
        this.#succeeds ? 'late' : '',
        ...[command.file, ...command.args],
      ],
    };
  }

  #firstRun(): string {
    return [this.#input(false), ...closed([...this.#own, this.#payload])].join(' ');
  }

  #laterRuns(): string {
    return [this.#input(true), ...closed(this.#own.filter((fd) => fd === this.#state))].join(' ');
  }

  /** @param again from its beginning, where it has one */
  #input(again: boolean): string {
    const fd = this.#stdin;
    if (fd === null) return '</dev/null';
    const reopens = again && this.#plan.stdin.kind !== 'fd' && hasProc();
    return `${reopens ? `</proc/self/fd/${fd}` : `<&${fd}`} ${fd}<&-`;
  }

  /** From the first run on, the shell's own output is the daemon's: so the log also gets messages of Node.js before the daemon's code runs. */
  #keep(): string {
    const output = ([1, 2] as const).map((fd) => `${fd}>${this.#output[fd] === null ? '/dev/null' : `&${this.#output[fd]}`}`);
    const logs = this.#own.filter((fd) => fd !== this.link && fd !== this.#state);
    return ['</dev/null', ...output, ...closed([this.#control, ...logs])].join(' ');
  }
}

function closed(fds: readonly number[]): string[] {
  return fds.filter((fd) => fd <= HIGHEST_DIGIT).map((fd) => `${fd}<&-`);
}

/** A word for eval. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** As sleep(1) takes it, and JSON. */
function seconds(milliseconds: number): string {
  return String(milliseconds / 1000);
}
