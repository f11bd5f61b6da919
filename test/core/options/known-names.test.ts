import { expect, test } from 'vitest';
import { checkNames, closest, expectedName } from '../../../packages/core/src/options/known-names.ts';

const NAMES = ['pidFile', 'stdout', 'stderr', 'stdin', 'umask', 'user', 'env', 'args', 'workingDirectory'];

test.each([
  ['pidfile', 'pidFile'],
  ['PIDFile', 'pidFile'],
  ['umaks', 'umask'],
  ['stdot', 'stdout'],
  ['workingDirectroy', 'workingDirectory'],
  ['usr', 'user'],
  ['en', 'env'],
])('%s is probably %s', (given, meant) => {
  expect(closest(given, NAMES)).toBe(meant);
  expect(expectedName(given, NAMES)).toBe(`'${meant}', which is probably meant`);
});

test.each(['workingDir', 'x', '', 'cwd'])('%j is close to none of the names', (given) => {
  expect(closest(given, NAMES)).toBeNull();
  expect(expectedName(given, NAMES)).toBe(`one of ${NAMES.join(', ')}`);
});

test('without names there is none that is meant', () => {
  expect(closest('web', [])).toBeNull();
});

test.each([null, 'text', [], 7])('%j is no object of options', (options) => {
  expect(() => checkNames(options, NAMES)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_TYPE', option: 'options' }));
});

test('an unknown option is refused, and the one that is meant is named', () => {
  expect(() => checkNames({ user: 'www-data', umaks: 0o22 }, NAMES)).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_UNKNOWN', option: 'umaks', message: expect.stringContaining("'umask'") }),
  );
  expect(() => checkNames({ user: 'www-data' }, NAMES)).not.toThrow();
});
