import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { pages, read, root } from './markdown.ts';

/** Without code, in which brackets mean other things. */
function prose(page: string): string {
  return read(page)
    .replaceAll(/^( *)```.*?^\1```$/gms, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ''));
}

/** As GitHub makes them: lower case, no punctuation, dashes for spaces. */
function anchors(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

const REPOSITORY = 'https://github.com/daemonium/daemonium/blob/main/';

test.each(pages())('every link of %s has a target', (page) => {
  const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? match[2] ?? '');
  const broken = links.filter((link) => {
    const inside = link.startsWith(REPOSITORY);
    if (/^\w+:/.test(link) && !inside) return false;
    const [path = '', anchor] = (inside ? link.slice(REPOSITORY.length) : link).split('#');
    const target = path === '' ? page : relative(root, inside ? join(root, path) : join(root, dirname(page), path));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchors(target).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test('the pages of the packages on npm link to the repository, because npm has no other files', () => {
  for (const page of pages().filter((each) => each.startsWith('packages/'))) {
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !/^(https:|#)/.test(link))).toEqual([]);
  }
});
