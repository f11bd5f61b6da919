import { expect, test } from 'vitest';
import { firstRespawnLine, parseRespawnRecord } from '../../../packages/core/src/state-file/respawn-record.ts';

const line = (json: string) => `${`respawn ${json}`.padEnd(127)}\n`;

test("the shell's line is the first 128 bytes, whatever others have added behind it", () => {
  expect(firstRespawnLine()).toHaveLength(128);
  expect(parseRespawnRecord(firstRespawnLine())).toEqual({ restarts: 0, lastExit: null, nextTry: null });
  const text = `${line('{"restarts":3,"status":137,"delay":0.4}')}lease {"key":"x"}\n`;
  expect(parseRespawnRecord(text, 1_000)).toEqual({ restarts: 3, lastExit: { code: null, signal: 'SIGKILL' }, nextTry: new Date(1_400) });
});

test('a line that the shell does not write counts for nothing, and each value is checked', () => {
  for (const text of [
    null,
    '',
    'lease {}\n',
    line('null'),
    line('[1]'),
    line('{'),
    line('{"restarts":-1}'),
    line('{"restarts":"\u001b[2J"}'),
  ]) {
    expect(parseRespawnRecord(text, 0)).toBeNull();
  }
  const odd = line('{"restarts":1,"status":"x\\u001b","delay":1e99}');
  expect(parseRespawnRecord(odd, 0)).toEqual({ restarts: 1, lastExit: null, nextTry: null });
});
