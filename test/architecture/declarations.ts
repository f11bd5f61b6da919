import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './sources.ts';

export interface Declaration {
  readonly name: string;
  /** `class`, `function`, `interface`, ... */
  readonly kind: string;
  /** It is there at run time. */
  readonly isValue: boolean;
  readonly doc: string;
  readonly text: string;
  readonly members: readonly Declaration[];
  /** The declaration file it is written in; of a re-export the package it comes from. */
  readonly file: string;
}

/** The reader behind the API reference. */
export const { exportsOf } = (await import(join(root, 'docs/api/declarations.mjs'))) as { exportsOf(file: string): Declaration[] };

/**
 * What the exports of an entry name in their signatures and nobody can import: types of ours that none of `offered` is. What comes from Node
 * and from other packages is theirs to offer.
 */
export function unnameable(declared: readonly Declaration[], offered: readonly Declaration[]): string[] {
  const isOffered = ({ name, file }: Origin) => offered.some((each) => each.name === name && each.file === file);
  const missing = declared
    .filter(({ kind }) => kind !== 're-export')
    .flatMap((each) => namedIn(each).map((name) => originOf(name, each.file)))
    .filter((origin) => origin !== null && !isOffered(origin))
    .map((origin) => origin?.name ?? '');
  return [...new Set(missing)].sort();
}

/** Where a type of ours is declared. */
interface Origin {
  readonly name: string;
  readonly file: string;
}

const IMPORT = /^import (?:type )?\{([^}]*)\} from '([^']+)';$/gm;
const DECLARED = /^(?:export )?(?:declare )?(?:class|interface|type) (\w+)/gm;

/** The words of a declaration that begin with a capital; texts in quotes are none. */
function namedIn({ text, members }: Declaration): string[] {
  const all = [text, ...members.map((member) => member.text)].join('\n').replace(/'[^'\n]*'/g, '');
  return all.match(/\b[A-Z]\w*\b/g) ?? [];
}

/** `null`: a type parameter, one of the language's, or one of Node's or another package's. */
function originOf(name: string, file: string): Origin | null {
  const text = readFileSync(file, 'utf8');
  if ([...text.matchAll(DECLARED)].some(([, declared]) => declared === name)) return { name, file };
  for (const [, names = '', from = ''] of text.matchAll(IMPORT)) {
    const imported = names.split(',').some((each) => each.trim().replace(/^type /, '') === name);
    const there = imported ? declarationsAt(from, file) : null;
    if (there === null) continue;
    const declared = exportsOf(there).find((each) => each.name === name);
    return declared?.kind === 're-export' ? originIn(declared.file, there, name) : { name, file: declared?.file ?? there };
  }
  return null;
}

function originIn(specifier: string, from: string, name: string): Origin | null {
  const there = declarationsAt(specifier, from);
  return there === null ? null : { name, file: exportsOf(there).find((each) => each.name === name)?.file ?? there };
}

/** The declaration file behind an import; `null` for what is not ours. */
function declarationsAt(specifier: string, file: string): string | null {
  if (specifier.startsWith('.')) return join(dirname(file), specifier.replace(/\.ts$/, '.d.ts'));
  return entries().find(({ name }) => name === specifier)?.types ?? null;
}

/** What can be imported of one of our packages. */
export interface Entry {
  readonly name: string;
  /** Its declarations. */
  readonly types: string;
  /** What bundlers take, if that is another file. */
  readonly module: string | null;
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly types?: string; readonly module?: string }>>;
}

export function entries(): Entry[] {
  return ['core', 'logging', 'daemon', 'lease', 'cli'].flatMap((directory) => {
    const inside = (file: string) => join(root, 'packages', directory, file);
    const manifest = JSON.parse(readFileSync(inside('package.json'), 'utf8')) as Manifest;
    return Object.entries(manifest.exports).flatMap(([path, { types, module }]) => {
      const name = `${manifest.name}${path.slice(1)}`;
      return types === undefined ? [] : [{ name, types: inside(types), module: module === undefined ? null : inside(module) }];
    });
  });
}
