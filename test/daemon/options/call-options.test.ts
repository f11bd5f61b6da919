import { checkAbortSignal } from '@daemonium/core/start';
import { control, Daemon, OptionError } from '@daemonium/daemon';
import { expect, test } from 'vitest';
import { callOptions, constructorOptions } from '../../../packages/daemon/src/options/call-options.ts';

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.fail('Nothing was thrown');
}

test.each([null, 'options', 7, [], () => {}])('the options of a constructor or a method are an object, and not %s', (value) => {
  const error = { name: 'OptionError', code: 'ERR_OPTION_TYPE', option: 'options', value };
  expect(thrownBy(() => constructorOptions(value))).toMatchObject(error);
  expect(thrownBy(() => callOptions('stop', value as object, ['timeout'] as never))).toMatchObject({
    ...error,
    message: expect.stringContaining('timeout, or none, for stop()'),
  });
});

test('an unknown option of a method is refused by its name, with the one that is meant', () => {
  const error = thrownBy(() => callOptions('stop', { timeot: 1 } as { timeout?: number }, ['timeout']));
  expect(error).toBeInstanceOf(OptionError);
  expect(error).toMatchObject({
    code: 'ERR_OPTION_UNKNOWN',
    option: 'timeot',
    message: "Option 'timeot': expected 'timeout', which is probably meant, got 1",
  });
});

test('known options are accepted, undefined included', () => {
  const options = { timeout: undefined };
  expect(callOptions('stop', options, ['timeout'])).toEqual(options);
  expect(callOptions('stop', {}, [])).toEqual({});
  expect(constructorOptions(options)).toBe(options);
});

test('a signal is an AbortSignal or left out', () => {
  for (const signal of [undefined, AbortSignal.abort(), new AbortController().signal]) expect(() => checkAbortSignal(signal)).not.toThrow();
  for (const signal of [null, 'SIGTERM', new AbortController(), {}]) {
    expect(thrownBy(() => checkAbortSignal(signal))).toMatchObject({ code: 'ERR_OPTION_TYPE', option: 'signal' });
  }
});

test('control() is for an object of the class', async () => {
  for (const value of [null, {}, class {}]) {
    await expect(control(value as never)).rejects.toMatchObject({ code: 'ERR_OPTION_TYPE', option: 'daemon' });
  }
});

test('constructor and methods refuse a wrong argument, and name it', async () => {
  for (const value of [null, 1, 'web', []]) expect(() => new Daemon(value as never)).toThrow(OptionError);
  const daemon = new Daemon({ target: () => {} });
  await expect(daemon.start(null as never)).rejects.toMatchObject({ code: 'ERR_OPTION_TYPE', option: 'options' });
  await expect(daemon.start({ signal: 'SIGTERM' } as never)).rejects.toMatchObject({ code: 'ERR_OPTION_TYPE', option: 'signal' });
  await expect(daemon.stop({ timeot: 1 } as never)).rejects.toMatchObject({ code: 'ERR_OPTION_UNKNOWN', option: 'timeot' });
  await expect(daemon.restart({ timeot: 1 } as never)).rejects.toMatchObject({ code: 'ERR_OPTION_UNKNOWN', option: 'timeot' });
  await expect(daemon.join({ timeot: 1 } as never)).rejects.toMatchObject({ code: 'ERR_OPTION_UNKNOWN', option: 'timeot' });
});
