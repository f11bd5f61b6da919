import { expect, test } from 'vitest';
import { splitWords } from '../../packages/cli/src/words/split-words.ts';
import { closest } from '../../packages/cli/src/words/suggest.ts';

test.each([
  ['wbe', ['api', 'web'], 'web'],
  ['WEB', ['web'], 'web'],
  ['we', ['web', 'worker'], 'web'],
  ['wroker-1', ['worker-1', 'worker-22'], 'worker-1'],
  ['x', ['api', 'web'], null],
  ['server', ['web'], null],
  ['', ['a'], 'a'],
  ['web', [], null],
])('%j of %j means %j', (word, candidates, meant) => {
  expect(closest(word, candidates)).toBe(meant);
});

test.each([
  ['--a --b=c', ['--a', '--b=c']],
  [`  "two words" 'it is' x"y z"`, ['two words', 'it is', 'xy z']],
  ['"a \\"b\\""', ['a "b"']],
  ['', []],
])('%j is %j', (text, words) => {
  expect(splitWords(text)).toEqual(words);
});
