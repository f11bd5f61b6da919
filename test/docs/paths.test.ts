import { readdirSync, readFileSync } from 'node:fs';
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
