import { Daemon, OptionError } from '@daemonium/daemon';
import { expect, test } from 'vitest';

/** What start() says of `listen`. One that is right comes to "this is a test runner's worker", which is told after all checks. */
async function said(listen: unknown, more: object = {}): Promise<{ option?: string; code: string; message: string }> {
  return new Daemon({ target() {}, listen, ...more } as object).start().then(
    () => expect.fail('started'),
    (error) => error,
  );
}

test.each([
  [8080, 'listen', 'ERR_OPTION_TYPE'],
  ['8080', 'listen', 'ERR_OPTION_TYPE'],
  [[-1], 'listen[0]', 'ERR_OPTION_RANGE'],
  [[65_536], 'listen[0]', 'ERR_OPTION_RANGE'],
  [[1.5], 'listen[0]', 'ERR_OPTION_RANGE'],
  [['99999'], 'listen[0]', 'ERR_OPTION_RANGE'],
  [['web.sock'], 'listen[0]', 'ERR_OPTION_VALUE'],
  [['::1:80'], 'listen[0]', 'ERR_OPTION_VALUE'],
  [['host:'], 'listen[0]', 'ERR_OPTION_VALUE'],
  [[''], 'listen[0]', 'ERR_OPTION_VALUE'],
  [['http://host:80'], 'listen[0]', 'ERR_OPTION_VALUE'],
  [[true], 'listen[0]', 'ERR_OPTION_TYPE'],
  [[null], 'listen[0]', 'ERR_OPTION_TYPE'],
  [[{}], 'listen[0].port', 'ERR_OPTION_TYPE'],
  [[{ port: '80' }], 'listen[0].port', 'ERR_OPTION_TYPE'],
  [[{ port: 80, host: '' }], 'listen[0].host', 'ERR_OPTION_VALUE'],
  [[{ port: 80, hots: 'x' }], 'listen[0].hots', 'ERR_OPTION_UNKNOWN'],
  [[{ port: 80, mode: 0o600 }], 'listen[0].mode', 'ERR_OPTION_UNKNOWN'],
  [[{ port: 80, name: 'a:b' }], 'listen[0].name', 'ERR_OPTION_VALUE'],
  [[{ port: 80, backlog: 0 }], 'listen[0].backlog', 'ERR_OPTION_RANGE'],
  [[80, { path: 'relative' }], 'listen[1].path', 'ERR_OPTION_VALUE'],
  [[{ path: '/x', mode: '0600' }], 'listen[0].mode', 'ERR_OPTION_RANGE'],
  [[{ path: '/dev/null' }], 'listen[0]', 'ERR_OPTION_VALUE'],
  [[80, '0.0.0.0:80'], 'listen[1]', 'ERR_OPTION_VALUE'],
  [['/x.sock', { path: '/x.sock' }], 'listen[1]', 'ERR_OPTION_VALUE'],
])('%j is refused by its name', async (listen, option, code) => {
  const error = await said(listen);
  expect(error).toBeInstanceOf(OptionError);
  expect({ option: error.option, code: error.code }).toEqual({ option, code });
  expect(error.message).toContain(`Option '${option}': expected `);
});

test.each([[[]], [[80, '81', 'localhost:82', '*:83', '[::1]:84', '/x.sock', { port: 85, name: 'a' }, 0, 0]]])(
  '%j is right',
  async (listen) => {
    expect((await said(listen)).code).not.toMatch(/^ERR_OPTION/);
  },
);

test('listen with monitor: false is refused: no launcher waits for the daemon', async () => {
  expect(await said([80], { monitor: false })).toMatchObject({ option: 'monitor', code: 'ERR_OPTION_VALUE' });
});
