import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Report } from '../../packages/cli/src/daemons/report.ts';
import type { Finished, Launched, LaunchOptions } from '../helpers/launch.ts';
import { carriersOf } from '../helpers/reap.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';

export const MAIN = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

/** A daemon as `list --json` and `status --json` have it. */
export type Row = Report;

export interface CommandBox {
  readonly box: Sandbox;
  /** `daemonium WORDS`, in the sandbox's directory, with a home of its own. */
  run(words: readonly string[], options?: LaunchOptions): Promise<Finished>;
  /** The same without waiting for the end. */
  spawn(words: readonly string[], options?: LaunchOptions): Launched;
  /** The same, expecting success; gives stdout. */
  done(...words: string[]): Promise<string>;
  list(): Promise<readonly Row[]>;
  one(name: string): Promise<Row>;
  /** Below the folder of declarations. */
  state(...names: string[]): string;
  log(name: string): string;
  /** Writes a program. */
  program(file: string, lines: string): string;
}

/** A server that tells on its log that it listens, and ends in good order. */
export const SERVER = `
  const { createServer } = require('node:http');
  const server = createServer((_, answer) => answer.end('hello'));
  server.listen(0, '127.0.0.1', () => console.log('listening', process.argv.slice(2).join(' ')));
`;

/** It only lives. */
export const IDLE = 'setInterval(() => {}, 1_000);';

export function commandBox(): CommandBox {
  const box = sandbox();
  mkdirSync(box.path('home'));
  const env = {
    HOME: box.path('home'),
    XDG_STATE_HOME: box.path('state'),
    XDG_RUNTIME_DIR: undefined,
    SUDO_USER: undefined,
    TERM: undefined,
  };
  const spawn = (words: readonly string[], options: LaunchOptions = {}) =>
    box.spawn(MAIN, { args: words, ...options, env: { ...env, ...options.env } });
  const run = (words: readonly string[], options?: LaunchOptions) => spawn(words, options).finished;
  const done = async (...words: string[]) => {
    const { code, stdout, stderr } = await run(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };
  const list = async () => JSON.parse(await done('list', '--json')) as Row[];
  return {
    box,
    run,
    spawn,
    done,
    list,
    one: async (name) => {
      const [row] = JSON.parse((await run(['status', '--json', name])).stdout) as Row[];
      if (row === undefined) throw new Error(`no status of ${name}`);
      return row;
    },
    state: (...names) => box.path('state', 'daemonium', ...names),
    log: (name) => readFileSync(box.path('state/daemonium/logs', `${name}.log`), 'utf8'),
    program: (file, lines) => {
      writeFileSync(box.path(file), lines);
      return box.path(file);
    },
  };
}

/** Nothing of a failed start is left: no process, and nothing in the list. */
export async function expectNothingLeft({ box, list }: CommandBox): Promise<void> {
  expect(carriersOf(box.token)).toEqual([]);
  expect(await list()).toEqual([]);
}
