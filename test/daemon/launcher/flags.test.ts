import { expect, test } from 'vitest';
import { keptFlags, keptNodeOptions } from '../../../packages/daemon/src/launcher/node-flags.ts';

test.each([
  [
    ['--inspect', '--import', 'tsx'],
    ['--import', 'tsx'],
  ],
  [
    ['--inspect-brk=127.0.0.1:0', '--require', './a.cjs'],
    ['--require', './a.cjs'],
  ],
  [['--inspect_brk', '--no-warnings'], ['--no-warnings']],
  [['--watch', '--watch-path', './src', '--watch-path=./lib', '--watch-preserve-output'], []],
  [
    ['--test', '--test-name-pattern', 'x y', '--test-reporter=spec', '-r', './b.cjs'],
    ['-r', './b.cjs'],
  ],
  [
    ['--debug-port=1', '--conditions', 'watch'],
    ['--conditions', 'watch'],
  ],
  [
    ['--import', './test.mjs', '--inspect-publish-uid', 'http'],
    ['--import', './test.mjs'],
  ],
  [['--testing-is-fun'], ['--testing-is-fun']],
])('of %j are kept %j', (given, kept) => {
  expect(keptFlags(given)).toEqual(kept);
});

test.each([
  ['--require "./with blank.cjs"  --max-old-space-size=100', '--require "./with blank.cjs"  --max-old-space-size=100'],
  ['--inspect=0 --require "./with \\"quotes\\".cjs"', '--require "./with \\"quotes\\".cjs"'],
  ['"--inspect-brk" --no-warnings', '--no-warnings'],
  ['--watch-path "./a b" --no-warnings', '--no-warnings'],
  ['', ''],
])('of NODE_OPTIONS %j is kept %j', (given, kept) => {
  expect(keptNodeOptions(given)).toBe(kept);
});
