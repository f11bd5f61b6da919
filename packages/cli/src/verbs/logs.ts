import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Declaration, Places } from '@daemonium/core/registry';
import { find } from '../daemons/find.ts';
import { CommandError, messageOf } from '../errors/command-error.ts';
import { DONE, FAILED, worst } from '../errors/exit-codes.ts';
import { colourOfName, coloursFor } from '../terminal/colours.ts';
import { complain, onOutputFailure, outputHasFailed, outputStream } from '../terminal/output.ts';
import { printLines } from '../terminal/print-lines.ts';

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
  const prefixOf = ({ name }: Source, index: number) =>
    several ? `${colourOfName(colours, index)(name.padEnd(width))} ${colours.dim('|')} ` : '';
  const ends = sources.map((source, index) => () => tail(source, prefixOf(source, index), follow, lines));
  endTailsWithUs();
  // Without -f one after another, so that the lines of a daemon stay together.
  const codes = follow ? await Promise.all(ends.map((begin) => begin())) : await inTurn(ends);
  return worst([...codes, ...faults.map(() => FAILED)]);
}

async function inTurn(ends: ReadonlyArray<() => Promise<number>>): Promise<number[]> {
  const codes: number[] = [];
  for (const begin of ends) if (!outputHasFailed()) codes.push(await begin());
  return codes;
}

function sourcesOf({ name, stdout, stderr }: Declaration): Source[] {
  return [...new Set([stdout, stderr])].flatMap((path) => (path === null ? [] : [{ name, path }]));
}

const NO_LOG = 'In the foreground and at boot the output goes to the terminal or the journal. A log that was removed is made anew by';

/** @returns tail's exit code: 1 where there is no such file */
async function tail({ name, path }: Source, prefix: string, follow: boolean, lines: number): Promise<number> {
  if (!follow && !existsSync(path)) {
    complain(`${name}: there is no log '${path}'. ${NO_LOG}: daemonium reload ${name}`);
    return FAILED;
  }
  // -F, and not -f: it goes on with the new file after a rotation, and after a removal.
  const args = ['-n', String(lines), ...(follow ? ['-F'] : []), '--', path];
  const { spawn } = process.getBuiltinModule('node:child_process');
  const child = spawn('tail', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  tails.add(child);
  child.stderr.setEncoding('utf8').on('data', (text: string) => tellOf(name, text));
  const [, code] = await Promise.all([printLines(child.stdout, outputStream(), prefix), ended(child)]);
  tails.delete(child);
  return code;
}

/** tail says that a file is not there, went away, or was shortened; it goes on all the same. */
function tellOf(name: string, text: string): void {
  for (const line of text.split('\n')) if (line !== '') complain(`${name}: ${line.replace(/^tail: /, '')}`);
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new CommandError(`tail(1) cannot be run: ${cause.message}`, FAILED, { cause })));
    child.once('close', (code) => resolve(code ?? DONE));
  });
}

const tails = new Set<ChildProcess>();
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends the tails however this process ends, and when nobody reads any more: a tail without a reader would stay until the next line comes. */
function endTailsWithUs(): void {
  const end = () => {
    for (const child of tails) child.kill();
  };
  process.once('exit', end);
  onOutputFailure(end);
  for (const signal of ENDING) {
    process.once(signal, () => {
      end();
      // Our listener is gone, so the signal has its default effect.
      process.kill(process.pid, signal);
    });
  }
}
