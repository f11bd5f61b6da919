import { expect, test } from 'vitest';
import { readValue, stateOf } from '../../packages/lease/src/etcd/value.ts';

const kv = (text: string) => ({ value: Buffer.from(text).toString('base64'), create_revision: '7', lease: '1' });

test.each(['{"holder":1,"claim":2}', '{"holder":{"a":1},"claim":""}', '{"holder":"x","claim":null}', 'null', '[]', '"x"'])(
  'a value of another program, %s, is shown as it is',
  (text) => {
    expect(readValue(kv(text))).toEqual({ holder: text, claim: '', sealed: null });
  },
);

test.each([
  'x',
  7,
  {},
  { host: 1, pid: 2, since: '2026-01-01', info: {} },
  { host: 'a', pid: '2', since: '2026-01-01', info: {} },
  { host: 'a', pid: 2, since: 'never', info: {} },
  { host: 'a', pid: 2, since: {}, info: {} },
  { host: 'a', pid: 2, since: '2026-01-01', info: null },
])('a seal of another form counts as none: %j', (sealed) => {
  expect(stateOf(kv(JSON.stringify({ holder: 'h', claim: 'c', sealed })), 1)).toMatchObject({
    holder: 'h',
    host: null,
    pid: null,
    since: null,
    info: null,
  });
});
