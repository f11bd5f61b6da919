import { relative } from 'node:path';
import type { DaemonConfig } from '../config/define-config.ts';

/** A config file for `daemonium.config.mjs` in this directory. Plain data: it needs no package to be read. */
export function printConfig(daemons: Readonly<Record<string, DaemonConfig>>, directory: string): string {
  const body = Object.entries(daemons).map(([name, daemon]) => `    ${key(name)}: {\n${fields(daemon, directory)}    },\n`);
  return `export default {\n  daemons: {\n${body.join('')}  },\n};\n`;
}

function fields(daemon: DaemonConfig, directory: string): string {
  const isHere = daemon.workingDirectory === directory;
  return Object.entries(daemon)
    .filter(([name]) => !(name === 'workingDirectory' && isHere))
    .map(
      ([name, value]) =>
        `      ${name}: ${PATHS.has(name) && typeof value === 'string' ? JSON.stringify(here(value, directory)) : literal(value)},\n`,
    )
    .join('');
}

const PATHS = new Set(['script', 'workingDirectory', 'stdout', 'stderr', 'envFile']);

/** Below the directory relative to it, so that the config can move with it. */
function here(path: string, directory: string): string {
  const way = relative(directory, path);
  if (way.startsWith('..')) return path;
  return way === '' ? '.' : way;
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, each]) => `${key(name)}: ${literal(each)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

function key(name: string): string {
  // In any other form it would be the prototype.
  if (name === '__proto__') return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
