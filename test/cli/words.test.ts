import { expect, test } from 'vitest';
import { splitWords } from '../../packages/cli/src/words/split-words.ts';

test.each([
  ['--a --b=c', ['--a', '--b=c']],
  [`  "two words" 'it is' x"y z"`, ['two words', 'it is', 'xy z']],
  ['"a \\"b\\""', ['a "b"']],
  ['', []],
])('%j is %j', (text, words) => {
  expect(splitWords(text)).toEqual(words);
});
