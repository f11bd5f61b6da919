import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Declaration, exportsOf, generate, publicEntries } from './declared.ts';
import { root } from './markdown.ts';

const written = (file: string): string => readFileSync(join(root, 'docs/api', file), 'utf8');

describe.each(publicEntries())('$name', ({ types, file }) => {
  const declared = exportsOf(types);

  test('every export is in the reference', () => {
    const headings = [...written(file).matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
    expect(headings.toSorted()).toEqual(declared.map((each) => each.name).toSorted());
  });

  test('every export has a docstring, and so has every method of a class', () => {
    const methods = declared
      .filter(({ kind }) => kind === 'class')
      .flatMap((each) => each.members.filter(isMethod).map((member) => ({ ...member, name: `${each.name}.${member.name}` })));
    const silent = [...declared, ...methods].filter(({ doc }) => doc === '').map((each) => each.name);
    expect(silent).toEqual([]);
  });
});

/** Not the constructors of errors, and not what a language protocol names: `[Symbol.dispose]`. */
function isMethod({ name, text }: Declaration): boolean {
  return /^(?:static )?\w+\(/.test(text) && name !== 'constructor';
}

test.each(Object.entries(generate()))('docs/api/%s agrees with the docstrings: if not, `npm run docs:api`', (file, text) => {
  expect(written(file)).toBe(text);
});
