import type { ChildProcess } from 'node:child_process';
import type { Declaration, Places } from '@daemonium/core/registry';
import { find } from '../daemons/find.ts';
import { CommandError, messageOf } from '../errors/command-error.ts';
import { DONE, FAILED } from '../errors/exit-codes.ts';
import { colourOfName, coloursFor } from '../terminal/colours.ts';
import { complain } from '../terminal/output.ts';
import { type Printer, printLines } from '../terminal/print-lines.ts';

export interface LogOptions {
  readonly follow?: boolean;
  readonly lines?: number;
}

interface Source {
  readonly name: string;
  readonly path: string;
}

/** The last lines of the logs, and with `follow` all that comes, by the system's tail(1): each line with its daemon's name in front where they are several. */
export async function logs(places: Places, names: readonly string[], { follow = false, lines = 50 }: LogOptions): Promise<number> {
  const { declarations, faults } = find(places, names.length === 0 ? ['all'] : names);
  for (const fault of faults) complain(messageOf(fault));
  const sources = declarations.flatMap(sourcesOf);
  for (const { name, stdout, stderr } of declarations) if (stdout === null && stderr === null) complain(`${name} has no log that is known`);
  const width = Math.max(...sources.map(({ name }) => name.length), 0);
  const colours = coloursFor(process.stdout);
  const several = new Set(sources.map(({ name }) => name)).size > 1;
  const printers = sources.map(({ name }, index) => ({
    prefix: several ? `${colourOfName(colours, index)(name.padEnd(width))} ${colours.dim('|')} ` : '',
  }));
  const ends = sources.map((source, index) => () => tail(source, printers[index] ?? { prefix: '' }, follow, lines));
  // Without -f one after another, so that the lines of a daemon stay together.
  if (follow) await Promise.all(ends.map((begin) => begin()));
  else for (const begin of ends) await begin();
  return faults.length === 0 ? DONE : FAILED;
}

function sourcesOf({ name, stdout, stderr }: Declaration): Source[] {
  return [...new Set([stdout, stderr])].flatMap((path) => (path === null ? [] : [{ name, path }]));
}

async function tail({ name, path }: Source, printer: Printer, follow: boolean, lines: number): Promise<void> {
  // -F, and not -f: it goes on with the new file after a rotation, and after a removal.
  const args = ['-n', String(lines), ...(follow ? ['-F'] : []), '--', path];
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn('tail', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  endWithUs(child);
  child.stderr.setEncoding('utf8').on('data', (text: string) => tellOf(name, text));
  await Promise.all([printLines(child.stdout, process.stdout, printer), ended(child)]);
}

/** tail says that a file is not there, went away, or was shortened; it goes on all the same. */
function tellOf(name: string, text: string): void {
  for (const line of text.split('\n')) if (line !== '') complain(`${name}: ${line.replace(/^tail: /, '')}`);
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new CommandError(`tail(1) cannot be run: ${cause.message}`, FAILED, { cause })));
    child.once('close', () => resolve());
  });
}

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends the tail however this process ends: a tail without a reader would stay until the next line comes. */
function endWithUs(child: ChildProcess): void {
  const end = () => void child.kill();
  const onSignal = (signal: NodeJS.Signals) => {
    end();
    // Our last listener is gone, so the signal has its default effect.
    process.kill(process.pid, signal);
  };
  process.once('exit', end);
  for (const signal of ENDING) process.once(signal, onSignal);
  child.once('close', () => {
    process.off('exit', end);
    for (const signal of ENDING) process.off(signal, onSignal);
  });
}
