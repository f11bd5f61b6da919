import { existsSync, readFileSync } from 'node:fs';
import { fileLogger } from '@daemonium/logging';
import { logFatal } from '@daemonium/logging/logger-fds';
import { expect, onTestFinished, test } from 'vitest';
import { isRunning } from '../helpers/observe.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { numbers, records, upTo } from './records.ts';

async function failed(box: Sandbox, kind: string, where: string, logger: object = {}): Promise<void> {
  const { code, stdout, stderr } = await box.launch('log-hostile-error', { args: [kind, where, box.directory, JSON.stringify(logger)] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const pid = Number(stdout);
  expect(pid).toBeGreaterThan(1);
  await until(() => !isRunning(pid), { what: 'the end of the daemon' });
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
}

const KINDS = ['ordinary', 'frozen', 'null prototype', 'getters', 'cause', 'toString', 'toJSON', 'proxy', 'text', 'nothing'];

test.for(KINDS.flatMap((kind) => ['run', 'timer'].map((where) => ({ kind, where }))))(
  'a daemon that fails with an error that its logger cannot take ends, and its log has every line and the error, %o',
  async ({ kind, where }) => {
    const box = sandbox();
    await failed(box, kind, where, { sync: false });
    expect(numbers(box.path('app.log'))).toEqual(upTo(100));
    const last = records(box.path('app.log')).at(-1);
    expect(last).toMatchObject({ level: 60, msg: where === 'run' ? 'run() failed' : 'uncaught error' });
    // Nothing can be read of this Proxy, and `undefined` has nothing to say.
    const text = new Map([
      ['proxy', ''],
      ['nothing', 'undefined was thrown'],
    ]);
    expect(last?.err?.message).toContain(text.get(kind) ?? `hostile: ${kind}`);
  },
);

test('stderr has the error that a silent logger does not take', async () => {
  const box = sandbox();
  await failed(box, 'frozen', 'run', { level: 'silent' });
  expect(readFileSync(box.path('stderr'), 'utf8')).toMatch(/run\(\) failed: TypeError: hostile: frozen\n +at /);
});

test('a logger that throws at whatever it is given is no reason to throw', () => {
  const path = sandbox().path('app.log');
  const logger = fileLogger({
    path,
    serializers: {
      err: () => {
        throw new Error('broken');
      },
    },
  });
  onTestFinished(() => logger[Symbol.dispose]());
  expect(logFatal(logger, new Error('x'), 'the end')).toBe(false);
  expect(logFatal(fileLogger({ path: `${path}/below` }), new Error('x'), 'the end')).toBe(false);
});
