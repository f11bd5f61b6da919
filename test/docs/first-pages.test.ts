import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { read, root } from './markdown.ts';

/** Two screens. */
const LINES = 120;
const WORDS = 25;

/** A page without its code, with as many lines as before. */
function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, (block) => block.replaceAll(/[^\n]/g, ''));
}

/** The sentences of a text, without pictures and where links go. A cell of a table is a text of its own. */
function sentences(text: string): string[] {
  return text
    .replaceAll(/<!--.*?-->|!\[[^\]]*\]\([^)]*\)/gs, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .split(/\n\s*\n|\n(?=[-|#])|\|/)
    .flatMap((part) => part.split(/(?<=[.?!][*)]*)\s+(?=[^a-z0-9\s])/))
    .map((sentence) => sentence.trim().replaceAll(/\s+/g, ' '))
    .filter((sentence) => sentence !== '');
}

test(`the README's first ${LINES} lines have no sentence of more than ${WORDS} words`, () => {
  const found = sentences(withoutCode(read('README.md')).split('\n').slice(0, LINES).join('\n'));
  expect(found.length).toBeGreaterThan(10);
  expect(found.filter((sentence) => sentence.split(' ').length > WORDS)).toEqual([]);
});

const PLAIN = ['README.md', ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];
const PLAIN_WORDS = 30;

test.each(PLAIN)(`%s has no sentence of more than ${PLAIN_WORDS} words`, (page) => {
  // Nor a drawing, which is indented.
  const found = sentences(withoutCode(read(page)).replaceAll(/^ {4}.*$/gm, ''));
  expect(found.length).toBeGreaterThan(10);
  expect(found.filter((sentence) => sentence.split(' ').length > PLAIN_WORDS)).toEqual([]);
});

test('each page begins with the task that the reader has', () => {
  const names = [...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')), 'api/README.md', '../bench/README.md'];
  expect(names.filter((name) => !/^# .*\n\nTo [a-z]/.test(read(`docs/${name}`)))).toEqual([]);
});

test('docs/README.md lists every page', () => {
  const list = read('docs/README.md');
  const pages = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md');
  expect(pages.filter((name) => !list.includes(`](${name})`))).toEqual([]);
});
