import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allBlocks, root } from './markdown.ts';

/** A file that depends on the directory in which somebody types the command: from another one, `stop` finds no daemon. */
const RELATIVE = /\b(?:pidFile|stdout|stderr): (['"`])(?!\/|\$\{)[^'"`]+\1|new PidLockFile\((['"`])(?!\/|\$\{)/;

test('no program that is shown names a pid file or a log by a relative path', () => {
  expect(["pidFile: 'a.pid'", 'stdout: "a.log"', "new PidLockFile('a.pid')"].map((text) => RELATIVE.test(text))).toEqual([
    true,
    true,
    true,
  ]);
  const examples = readdirSync(join(root, 'examples')).filter((file) => file.endsWith('.ts'));
  const found = [
    ...allBlocks().map(({ page, line, code }) => [`${page}:${line}`, code] as const),
    ...examples.map((file) => [file, readFileSync(join(root, 'examples', file), 'utf8')] as const),
  ];
  expect(found.filter(([where, code]) => RELATIVE.test(code) && !where.startsWith('docs/api/')).map(([where]) => where)).toEqual([]);
});

// Vitest runs the rest in silence if one of several paths does not exist.
test('every file that a workflow, .ci/run or a script of the manifest names exists', () => {
  const workflows = readdirSync(join(root, '.github/workflows')).map((file) => `.github/workflows/${file}`);
  const named = [...workflows, '.ci/run', 'package.json'].flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/(?<![\w./-])(?:test|scripts|\.ci|docs|bench)\/[\w./-]*\w/g)].map(([path]) => path),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
