import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cleanEnvironment } from '../../helpers/launch.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { runAsProgram } from './boot.ts';

/** Node's own word for it: the same file, run by itself. */
async function alike(file: string, lines: string, execArgv: readonly string[] = []) {
  const box = sandbox();
  const ours = await runAsProgram(box, file, lines, 'never', ['--flag', 'a b'], { execArgv });
  const nodes = await box.launch(box.path(file), { args: ['--flag', 'a b'], execArgv });
  expect({ stdout: ours.stdout, code: ours.code }).toEqual({ stdout: nodes.stdout, code: nodes.code });
  return nodes;
}

const CJS = `console.log(require.main === module, process.mainModule === module, __filename, process.argv.slice(1));`;
const ESM = `console.log(import.meta.main, import.meta.url, process.argv.slice(1), process.mainModule);`;

test.each([
  ['CommonJS', 'program.cjs', CJS],
  ['CommonJS by its package', 'program.js', CJS],
  ['ESM', 'program.mjs', ESM],
  ['ESM with a top-level await', 'program.mjs', `await new Promise((done) => setTimeout(done, 20)); ${ESM}`],
  ['ESM in a .js that says so by its syntax', 'program.js', `import 'node:fs'; ${ESM}`],
])('%s sees the same as under node', async (_, file, lines) => {
  expect((await alike(file, lines)).stdout).toContain('a b');
});

test('after --import the program is the main module all the same', async () => {
  const box = sandbox();
  writeFileSync(box.path('first.mjs'), 'await new Promise((done) => setTimeout(done, 20)); console.log("first");');
  const { stdout } = await runAsProgram(box, 'program.mjs', `console.log(String(import.meta.main));`, 'started', [], {
    execArgv: ['--import', box.path('first.mjs')],
  });
  const [, own] = (await box.launch(box.path('program.mjs'), { execArgv: ['--import', box.path('first.mjs')] })).stdout.split('\n');
  expect(stdout).toBe(`first\n${own}\nREADY\n`);
});

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const strips = major > 22 || (major === 22 && minor >= 18);

test.skipIf(!strips)('TypeScript, where Node runs it', async () => {
  expect((await alike('program.ts', 'const word: string = "typed"; console.log(word, process.argv.at(-1));')).stdout).toContain('typed');
});

test.each([
  ['throws', 'program.cjs', 'throw new TypeError("on purpose");'],
  ['rejects', 'program.mjs', 'await Promise.reject(new TypeError("on purpose"));'],
  ['is no JavaScript', 'program.mjs', 'this is on purpose'],
])('a program that %s ends as under node, and is not ready', async (_, file, lines) => {
  const box = sandbox();
  const ours = await runAsProgram(box, file, lines, 'started');
  const nodes = await box.launch(box.path(file));
  expect(ours.stdout).toBe('');
  expect(ours.code).toBe(nodes.code);
  // The line, the mark below it, and the error are Node's; the stack below has the one who called.
  expect(ours.stderr.split('\n').slice(0, 5)).toEqual(nodes.stderr.split('\n').slice(0, 5));
});

test('a program hears its own uncaught errors', async () => {
  const box = sandbox();
  const lines = `process.on('uncaughtException', (error) => console.log('heard', error.message)); throw new Error('on purpose');`;
  expect(await runAsProgram(box, 'program.cjs', lines, 'started')).toMatchObject({ stdout: 'heard on purpose\nREADY\n', code: 0 });
});

test('a file that is not there is an error', async () => {
  const box = sandbox();
  const { code, stderr } = await runAsProgram(box, 'other.cjs', '', 'started', [], {
    args: [box.path('missing.js'), 'started'],
    env: cleanEnvironment(),
  });
  expect(code).toBe(1);
  expect(stderr).toContain(`Cannot find module '${box.path('missing.js')}'`);
});
