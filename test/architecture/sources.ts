import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** As it is written. */
  readonly specifier: string;
  /** Relative to packages/, as in `core/src/lock/seal.ts`, or the specifier of a package. */
  readonly target: string;
  /** Gone after compilation. */
  readonly typeOnly: boolean;
}

export interface Source {
  /** Relative to packages/. */
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

/** All sources of the packages. */
export function sources(): Source[] {
  const packages = join(root, 'packages');
  return readdirSync(packages, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[^/]+\/src\/.*\.ts$/.test(path))
    .sort()
    .map((path) => parse(path, readFileSync(join(packages, path), 'utf8')));
}

/** Strings are matched too, so that a `//` or `/*` in one begins no comment. */
const COMMENT_OR_STRING = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
const STATEMENT = /^(?:import|export)\s+(type\s+)?(?:([\w*$\s,{}]*?)\s+from\s+)?(['"])([^'"\n]+)\3/gm;
const CALL = /\b(?:import|require|getBuiltinModule)\(\s*(['"])([^'"\n]+)\1/g;

export function parse(path: string, text: string): Source {
  const code = text.replace(COMMENT_OR_STRING, (match) => (match.startsWith('/') ? ' ' : match));
  const found = (specifier: string, typeOnly: boolean): Import => ({ specifier, target: resolveFrom(path, specifier), typeOnly });
  const statements = [...code.matchAll(STATEMENT)].map((match) => found(match[4] ?? '', match[1] !== undefined || areAllTypes(match[2])));
  const calls = [...code.matchAll(CALL)].map((match) => found(match[2] ?? '', false));
  return { path, text, code, imports: [...statements, ...calls] };
}

function areAllTypes(clause: string | undefined): boolean {
  const named = /^\s*\{([^}]*)\}\s*$/.exec(clause ?? '')?.[1];
  const names =
    named
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean) ?? [];
  return names.length > 0 && names.every((name) => name.startsWith('type '));
}

function resolveFrom(path: string, specifier: string): string {
  return specifier.startsWith('.') ? relative('/', join('/', dirname(path), specifier)) : specifier;
}
