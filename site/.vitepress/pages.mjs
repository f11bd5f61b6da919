// Which Markdown of the repository is a page of the site, where, and in which order: docs/README.md is the one list of pages.
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../', import.meta.url));
export const onGitHub = 'https://github.com/daemonium/daemonium';

/** Where a file of the repository is on the site, such as `lock.md`; `null`: nowhere. */
export function pageOf(file) {
  if (file === 'site/index.md' || file === 'README.md') return 'index.md';
  if (file === 'docs/README.md') return 'pages.md';
  if (file === 'bench/README.md') return 'bench.md';
  if (file === 'CHANGELOG.md') return 'changelog.md';
  if (!/^docs\/.*\.md$/.test(file)) return null;
  return file.replace('docs/', '').replace(/README\.md$/, 'index.md');
}

/** The address of a link in `file`: of a page of the site, or of what GitHub has. Other links are as they were. */
export function address(link, file) {
  if (/^(\w+:|#|\/)/.test(link)) return link;
  const [path = '', anchor] = link.split('#');
  const target = resolve(path, file);
  const page = pageOf(target);
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (page !== null) return `/${page.replace(/(^|(?<=\/))index\.md$|\.md$/, '')}${hash}`;
  const kind = statSync(join(repository, target)).isDirectory() ? 'tree' : 'blob';
  return `${onGitHub}/${kind}/main/${target.replace(/\/$/, '')}${hash}`;
}

/** A picture's path from the page that is built: README.md is built as a part of site/index.md. */
export function picture(source, file) {
  if (/^(\w+:|\/)/.test(source)) return source;
  return relative(dirname(join(repository, file)), join(repository, resolve(source, file)));
}

function resolve(path, file) {
  return posix.join(file === 'site/index.md' ? '.' : posix.dirname(file), path);
}

/** As GitHub makes them, so that a link to a heading works there and here. */
export function slug(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

/** The headings of docs/README.md, each with the pages that it lists; then the reference. */
export function sidebar() {
  const groups = readFileSync(join(repository, 'docs/README.md'), 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((part) => group(part.slice(0, part.indexOf('\n')), part, 'docs/README.md'));
  const reference = group('API reference', readFileSync(join(repository, 'docs/api/README.md'), 'utf8'), 'docs/api/README.md');
  return [...groups, { ...reference, collapsed: true }];
}

function group(text, part, file) {
  const links = [...part.matchAll(/\[([^\]]+)\]\(([^)]+\.md)\)/g)];
  return { text, items: links.map(([, title = '', link = '']) => ({ text: title.replaceAll('`', ''), link: address(link, file) })) };
}
