import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, sources } from './sources.ts';

const code = sources()
  .map((file) => file.code)
  .join('\n');
const ROW = /^\| `(ERR_\w+)` \| (.*?) \| (.*?) \| (.*?) \|$/gm;
/** Node's own, which the command explains. */
const OF_NODE = ['ERR_MODULE_NOT_FOUND', 'ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'];
const rows = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(ROW)].map(
  ([, name = '', classes = '', meaning = '', cure = '']) => ({
    name,
    classes: [...classes.matchAll(/`(\w+)`/g)].map((match) => match[1] ?? ''),
    meaning,
    cure,
  }),
);

test('docs/errors.md has one row for every code in the sources, and no other', () => {
  const inSources = new Set(code.match(/(?<=['"`])ERR_[A-Z\d_]+(?=['"`])/g));
  for (const name of OF_NODE) expect(inSources.delete(name), name).toBe(true);
  expect(rows.map(({ name }) => name)).toEqual([...inSources].sort());
});

test.each(rows)('$name: its classes exist, its meaning and its cure are written', ({ classes, meaning, cure }) => {
  expect(classes.length).toBeGreaterThan(0);
  for (const name of classes) expect(`${code}\nclass Error\n`).toMatch(new RegExp(`\\bclass ${name}\\b`));
  expect(meaning.length).toBeGreaterThan(10);
  expect(cure.length).toBeGreaterThan(10);
});

/** In the page's second table. `DAEMONIUM_START` and the like are variables, and not told. */
const WARNING_ROW = /^\| `(DAEMONIUM_\w+)` \| `(\w+)` \| (.*?) \| (.*?) \|$/gm;
const VARIABLES = ['DAEMONIUM_START', 'DAEMONIUM_FAULT', 'DAEMONIUM_TEST_TOKEN'];

test('docs/errors.md has one row for the code of every warning, and no other', () => {
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const inSources = new Set(code.match(/(?<=['"`])DAEMONIUM_[A-Z_]+(?=['"`])/g));
  for (const name of VARIABLES) expect(inSources.delete(name), name).toBe(true);
  const warnings = [...page.matchAll(WARNING_ROW)].map(([, name = '', type = '', meaning = '', cure = '']) => ({
    name,
    type,
    meaning,
    cure,
  }));
  expect(warnings.map(({ name }) => name)).toEqual([...inSources].sort());
  for (const { name, type, meaning, cure } of warnings) {
    if (type !== 'Warning') expect(code, name).toContain(`'${type}'`);
    expect([meaning.length > 10, cure.length > 10], name).toEqual([true, true]);
  }
});
