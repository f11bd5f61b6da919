import type { Daemon } from '../daemon.ts';
import type { DaemonState } from '../definition/daemon-state.ts';
import type { Command } from './parse.ts';

/** A command line, and the daemon that it is about. */
export interface CommandContext extends Command {
  readonly daemon: Daemon;
  readonly state: DaemonState;
  readonly name: string;
}
