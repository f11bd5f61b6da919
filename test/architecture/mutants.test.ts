import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './sources.ts';

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
}

const { MUTANTS } = (await import(new URL('../mutants/mutants.mjs', import.meta.url).href)) as { readonly MUTANTS: readonly Mutant[] };

test('each mutant finds its line, once', () => {
  const lost = MUTANTS.filter(({ file, find }) => readFileSync(join(root, 'packages', file), 'utf8').split(find).length !== 2);
  expect(lost.map(({ name }) => name)).toEqual([]);
});

test('no two mutants have one name', () => {
  const names = MUTANTS.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
