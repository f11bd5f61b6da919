import { captureOutput } from '@daemonium/logging';
import pino from 'pino';
import pretty from 'pino-pretty';
import { expect, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { records } from './records.ts';

test('stdout becomes records at info, stderr at error, line by line, until dispose', async () => {
  const box = sandbox();
  const { code, stdout, stderr } = await box.launch('log-capture', { args: [box.path('app.log')] });
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'before\nafter\n', stderr: 'after\n' });
  expect(records(box.path('app.log')).map(({ level, msg, name }) => [level, msg, name])).toEqual([
    [30, 'one', 'captured'],
    [30, 'two', 'captured'],
    [50, 'an error with a value', 'captured'],
    [30, 'in three parts', 'captured'],
    [30, 'price: 5 €', 'captured'],
    [30, 'the callback came', 'captured'],
    [30, 'hi', 'captured'],
    [50, 'callback ', 'captured'],
    [30, 'unfinished at exit', 'captured'],
  ]);
});

test('a logger that fails does not recurse, and the line is not lost', async () => {
  const { code, stdout } = await sandbox().launch('log-capture-failing', { args: ['throws'] });
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'a line\n' });
});

test('output of the logger itself goes through', async () => {
  const { code, stdout, stderr } = await sandbox().launch('log-capture-failing', { args: ['prints'] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'the logger says a line\n' });
  expect(JSON.parse(stdout)).toMatchObject({ msg: 'a line' });
});

test('a logger that writes to process.stdout makes records there', async () => {
  const { code, stdout } = await sandbox().launch('log-capture-failing', { args: ['stdout'] });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ level: 30, msg: 'a line' });
});

test('an argument that is no logger, or pipes into the stream it would capture, is an OptionError', () => {
  const { write } = process.stdout;
  expect(() => captureOutput(console as never)).toThrow(expect.objectContaining({ name: 'OptionError', option: 'logger' }));
  const loop = pino(pretty({ destination: process.stdout }));
  expect(() => captureOutput(loop)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_VALUE' }));
  const shouting = pino({ customLevels: { shout: 90 }, useOnlyCustomLevels: true, level: 'shout' }, { write: () => {} });
  expect(() => captureOutput(shouting)).toThrow(/a logger with the level info/);
  expect(process.stdout.write).toBe(write);
});
