// The site over the Markdown of the repository, which stays as GitHub shows it: links, pictures and headings are translated here.
import { join, relative } from 'node:path';
import { defineConfig } from 'vitepress';
import { address, onGitHub, pageOf, picture, repository, sidebar, slug } from './pages.mjs';

const site = join(repository, 'site');

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1a7f37"/><path d="M7 9l7 7-7 7M16 23h9" fill="none" stroke="#fff" stroke-width="3"/></svg>';

export default defineConfig({
  title: 'Daemonium',
  description: 'Runs a Node.js program as a daemon: in the background, one copy at a time, and start says whether it came up.',
  lang: 'en',
  base: '/daemonium/',
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  srcDir: '..',
  srcExclude: ['{packages,test,examples,.github,.changeset,.ci}/**', '{README,CONTRIBUTING,SECURITY,CODE_OF_CONDUCT}.md'],
  rewrites: (file) => pageOf(file) ?? file,
  cleanUrls: true,
  vite: { plugins: [vueOfTheSite()] },
  markdown: { languageAlias: { logrotate: 'ini' }, anchor: { slugify: slug }, config: translateLinks },
  themeConfig: {
    nav: [
      { text: 'Pages', link: '/pages' },
      { text: 'The command', link: '/command' },
      { text: 'API', link: '/api/' },
      { text: 'Changes', link: '/changelog' },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: 'local' },
    socialLinks: [{ icon: 'github', link: onGitHub }],
    editLink: { pattern: `${onGitHub}/edit/main/:path`, text: 'Edit this page on GitHub' },
    footer: { message: 'Released under the MIT licence.' },
  },
});

/** A page imports Vue from where its Markdown is, and there is none above the site. */
function vueOfTheSite() {
  return {
    name: 'vue-of-the-site',
    enforce: 'pre',
    resolveId(source, importer) {
      if (!/^vue($|\/)/.test(source) || importer?.startsWith(site)) return null;
      return this.resolve(source, join(site, 'index.md'), { skipSelf: true });
    },
  };
}

function translateLinks(md) {
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const file = relative(repository, env.realPath ?? env.path);
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type === 'link_open') token.attrSet('href', address(token.attrGet('href'), file));
      if (token.type === 'image') token.attrSet('src', picture(token.attrGet('src'), file));
    }
  });
}
