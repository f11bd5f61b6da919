import { expect, test } from 'vitest';
import { cureOf } from '../../packages/cli/src/start/cure.ts';
import { commandBox, expectNothingLeft, IDLE } from './command.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const strips = major > 22 || (major === 22 && minor >= 18);

/** Words of a person who knows node and pm2, and has not read this command's documentation. */
const TYPED: readonly (readonly [words: readonly string[], code: number, text: string])[] = [
  [['start', 'web.cjs', '-i', '2'], 2, "For '-i' of pm2: one process is started: use node:cluster in the program\n"],
  [['save'], 2, "For 'save' of pm2: nothing is to be saved: every start is remembered\n"],
  [['logs', 'web', '--nostream'], 2, 'leave it out: only -f follows the log\n'],
  [['start', 'web.cjs', '--port', '80'], 2, 'An option of the program itself comes after --: daemonium start web.cjs -- --port\n'],
  [['start', 'web.cjs', 'a', 'b'], 2, 'Arguments of the program come after --: daemonium start web.cjs -- a b\n'],
  [['start', 'node', 'web.cjs', 'a'], 2, "leave out 'node': daemonium start web.cjs -- a\n"],
  [['start', 'node --expose-gc web.cjs'], 1, `leave out 'node': daemonium start web.cjs --node-args "--expose-gc"\n`],
  [
    ['start', 'npm', '--', 'run', 'dev'],
    5,
    "no daemon 'npm', and no script: 'npm' is a command, and programs are run by Node: give the script that",
  ],
  [['start', 'ecosystem.config.cjs'], 2, 'daemonium import ecosystem.config.cjs --start\n'],
  [['start', './daemonium.config.mjs'], 2, 'daemonium start --config ./daemonium.config.mjs\n'],
  [['start', './job.sh'], 1, ", and its first line names '/bin/sh'\n"],
];

test('what is typed out of habit: the message says what to type here, and nothing is started', async () => {
  const command = commandBox();
  command.program('web.cjs', IDLE);
  command.program('ecosystem.config.cjs', 'module.exports = { apps: [] };');
  command.program('daemonium.config.mjs', 'export default { daemons: {} };');
  command.program('job.sh', '#!/bin/sh\nsleep 1 2\n');
  const told = await Promise.all(TYPED.map(([words]) => command.run(words)));
  expect(told.map(({ code, stdout }) => ({ code, stdout }))).toEqual(TYPED.map(([, code]) => ({ code, stdout: '' })));
  for (const [index, [, , text]] of TYPED.entries()) expect(told[index]?.stderr).toContain(text);
  await expectNothingLeft(command);
});

test('a program in TypeScript that this Node does not run: how to run it by tsx', async () => {
  const command = commandBox();
  command.program('web.ts', strips ? `enum Word { One }\n${IDLE}` : `const word: string = 'typed';\n${IDLE}`);
  const { code, stderr } = await command.run(['start', 'web.ts']);
  const why = strips ? 'takes types away, and does no more' : 'does not run TypeScript (22.18 and later do)';
  expect({ code, end: stderr.trimEnd().split('\n').at(-1) }).toEqual({
    code: 1,
    end: `Node ${process.versions.node} ${why}: npm install tsx, and start it with --node-args "--import tsx"; in a config file, execArgv: ['--import', 'tsx']`,
  });
});

test('a mistake in the program has no cure of ours', () => {
  const cause = new SyntaxError('Unexpected token');
  expect(cureOf({ cause }, '/srv/web.js')).toBeNull();
  expect(cureOf({ cause: new TypeError('on purpose') }, '/srv/web.ts')).toBeNull();
  expect(cureOf({}, '/srv/job.sh')).toBeNull();
  if (strips) expect(cureOf({ cause }, '/srv/web.ts')).toBeNull();
});
