import { mkdirSync, symlinkSync } from 'node:fs';
import { Daemon, OptionError } from '@daemonium/daemon';
import { afterAll, expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { written } from './start.ts';

const box = sandbox(afterAll);
const script = written(box, 'server.cjs', '');
mkdirSync(box.path('directory'));
symlinkSync('nowhere', box.path('dangling'));

async function said(options: object): Promise<OptionError> {
  const error = await new Daemon(options).start().then(
    () => expect.fail('started'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OptionError);
  return error as OptionError;
}

const faults: [option: string, options: object, code: string, message: RegExp][] = [
  ['waitForReady', { waitForReady: true }, 'ERR_OPTION_VALUE', /the option ready says when/],
  ['args', { args: ['x'] }, 'ERR_OPTION_VALUE', /target\.argv/],
  ['kwargs', { kwargs: { x: 1 } }, 'ERR_OPTION_VALUE', /target\.argv/],
  ['signalMap.SIGUSR2', { signalMap: { SIGUSR2: () => {} } }, 'ERR_OPTION_VALUE', /program/],
  ['ready', { ready: 'soon' }, 'ERR_OPTION_VALUE', /'started' or 'listening' or 'message'/],
  ['target.arguments', { target: { script, arguments: [] } }, 'ERR_OPTION_UNKNOWN', /script, argv, execArgv/],
  ['target.script', { target: { script: 7 } }, 'ERR_OPTION_TYPE', /a path or a file: URL/],
  ['target.script', { target: { script: '' } }, 'ERR_OPTION_VALUE', /./],
  ['target.script', { target: { script: 'a\0b' } }, 'ERR_OPTION_VALUE', /NUL/],
  ['target.script', { target: { script: new URL('https://example.org/server.js') } }, 'ERR_OPTION_VALUE', /file:/],
  ['target.script', { target: { script: box.path('missing.js') } }, 'ERR_OPTION_VALUE', /ENOENT.*missing\.js/],
  ['target.script', { target: { script: box.path('dangling') } }, 'ERR_OPTION_VALUE', /ENOENT/],
  ['target.script', { target: { script: box.path('directory') } }, 'ERR_OPTION_VALUE', /EISDIR/],
  ['target.argv', { target: { script, argv: 'x' } }, 'ERR_OPTION_TYPE', /array of strings/],
  ['target.argv', { target: { script, argv: ['x', 7] } }, 'ERR_OPTION_TYPE', /array of strings/],
  ['target.argv', { target: { script, argv: ['x\0'] } }, 'ERR_OPTION_TYPE', /NUL/],
  ['target.execArgv', { target: { script, execArgv: [null] } }, 'ERR_OPTION_TYPE', /array of strings/],
  ['target.execArgv', { target: { script, execArgv: ['other.js'] } }, 'ERR_OPTION_VALUE', /begin with a dash/],
  ['target.execArgv', { target: { script, execArgv: ['--import', 'tsx', '-e', '0'] } }, 'ERR_OPTION_VALUE', /with -e it does not/],
  ['target.execArgv', { target: { script, execArgv: ['--eval=0'] } }, 'ERR_OPTION_VALUE', /with --eval=0 it does not/],
  [
    'target.execArgv',
    { target: { script, execArgv: ['--expose-gc'] }, detach: false },
    'ERR_OPTION_VALUE',
    /none in the foreground.*node --expose-gc/,
  ],
];

test.each(faults)('%s: %j', async (option, options, code, message) => {
  const error = await said({ target: { script }, detach: true, ...options });
  expect(error).toMatchObject({ option, code, message: expect.stringMatching(message) });
});

test('`ready` is for programs', async () => {
  expect(await said({ target: () => {}, ready: 'listening' })).toMatchObject({ option: 'ready', code: 'ERR_OPTION_VALUE' });
});

test('an overridden run() beside a program is refused', async () => {
  class Service extends Daemon {
    override run(): void {}
  }
  const error = await new Service({ target: { script } } as object).start().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ option: 'target', code: 'ERR_OPTION_VALUE', message: expect.stringContaining('not both') });
});

test('a subclass’s own methods in signalMap, and its stages, do not cross to a program', async () => {
  class Service extends Daemon {
    rotate(): void {}
  }
  class Stage extends Daemon {
    override stage5(): void {}
  }
  const thrownBy = (daemon: Daemon) => daemon.start().catch((thrown: unknown) => thrown);
  expect(await thrownBy(new Service({ target: { script }, detach: true, signalMap: { SIGUSR2: 'rotate' } }))).toMatchObject({
    option: 'signalMap.SIGUSR2',
    code: 'ERR_OPTION_VALUE',
  });
  expect(await thrownBy(new Stage({ target: { script }, detach: true }))).toMatchObject({
    option: 'target',
    code: 'ERR_OPTION_VALUE',
    message: expect.stringContaining('an overridden stage5()'),
  });
});

test('an empty list of arguments that are not the program’s is refused as well', async () => {
  expect(await said({ target: { script }, args: [] })).toMatchObject({ option: 'args' });
});
