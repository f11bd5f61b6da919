import type { Source } from './sources.ts';

/**
 * The import circles among these files, largest first: sets of files of which each reaches each other. Imports of types count, because a
 * reader has to follow them, too.
 */
export function circles(files: readonly Pick<Source, 'path' | 'imports'>[]): string[][] {
  const imports = new Map(files.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const reached = new Map(files.map(({ path }) => [path, reachedFrom(path, imports)]));
  const circleOf = (path: string) => [...(reached.get(path) ?? [])].filter((other) => reached.get(other)?.has(path) === true).sort();
  const all = files.map(({ path }) => circleOf(path)).filter((circle) => circle.length > 0);
  const distinct = new Map(all.map((circle) => [circle.join(), circle]));
  return [...distinct.values()].sort((a, b) => b.length - a.length);
}

/** What a file imports, directly or through others; itself only if it is in a circle. */
function reachedFrom(path: string, imports: ReadonlyMap<string, readonly string[]>): Set<string> {
  const reached = new Set<string>(imports.get(path));
  for (const file of reached) for (const next of imports.get(file) ?? []) reached.add(next);
  return reached;
}
