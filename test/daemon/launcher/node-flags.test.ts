import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { keptFlags } from '../../../packages/daemon/src/launcher/node-flags.ts';
import { changeNodeOptions, joinNodeOptions, splitNodeOptions } from '../../../packages/daemon/src/launcher/node-options.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { project } from './project.ts';
import { toldBy } from './told.ts';

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
  // ts-node and its kind add themselves, and what they were called with.
  [['--inspect=0', '/node_modules/ts-node/dist/bin.js'], ['/node_modules/ts-node/dist/bin.js']],
  [['--inspect', '/node_modules/ts-node/dist/bin.js'], ['/node_modules/ts-node/dist/bin.js']],
  [['--watch-path=src', '/bin.js'], ['/bin.js']],
  [['--test-only', '/bin.js', '--test-shard', '1/2'], ['/bin.js']],
])('of %j are kept %j', (given, kept) => {
  expect(keptFlags(given)).toEqual(kept);
});

test.each([
  ['--require "./with blank.cjs"  --max-old-space-size=100', '--require "./with blank.cjs"  --max-old-space-size=100'],
  ['--inspect=0 --require "./with \\"quotes\\".cjs"', '--require "./with \\"quotes\\".cjs"'],
  ['"--inspect-brk" --no-warnings', '--no-warnings'],
  ['--watch-path "./a b" --no-warnings', '--no-warnings'],
  ['--title="a\tb" --inspect', '--title=a\tb'],
  ['--title="a \\\\ b" --inspect=0', '"--title=a \\\\ b"'],
  ['', ''],
])('of NODE_OPTIONS %j is kept %j', (given, kept) => {
  expect(changeNodeOptions(given, keptFlags)).toBe(kept);
});

test('NODE_OPTIONS is read as Node.js reads it', async () => {
  const box = sandbox();
  const options = ['--title="a b"', '--title=a\tb', '--title="a \\"b\\" \\\\ c"', '--title=a\\b', '--ti"tle=a"" b"'];
  for (const given of options) {
    const { stdout } = await box.launch('', { execArgv: ['-p', 'process.title'], env: { NODE_OPTIONS: given } });
    const [word = ''] = splitNodeOptions(given);
    expect(`${word}\n`).toBe(`--title=${stdout}`);
    expect(splitNodeOptions(joinNodeOptions([word, '-r', 'x']))).toEqual([word, '-r', 'x']);
  }
});

test('a script whose name begins with a dash', async () => {
  const box = sandbox();
  project(box, { '-svc.mjs': readFileSync(fixture('start-ready'), 'utf8').replace('./start-report.js', fixture('start-report')) });
  expect(toldBy(await box.launch('', { execArgv: ['--', '-svc.mjs', box.path('daemon.pid')] }))).toMatchObject({ ok: true });
});
