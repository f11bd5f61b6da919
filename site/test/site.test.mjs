import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { onGitHub, repository } from '../.vitepress/pages.mjs';
import { address, builtPages, openBrowser, skip } from './served.mjs';

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1_280, height: 800 };

if (skip !== false) console.log(`The tests of the site are skipped: ${skip}`);

describe('the site', { skip }, () => {
  const pages = builtPages();
  const links = new Map();
  const anchors = new Map();
  const complaints = [];
  let browser;
  let page;

  before(async () => {
    ({ browser, page } = await openBrowser(DESK));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('requestfailed', (request) => {
      // The page was left before it came.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${request.failure()?.errorText}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`);
    });
  });

  after(() => browser?.close());

  /** Waits until the page itself knows its width. */
  async function resize(size) {
    await page.setViewportSize(size);
    await page.waitForFunction((width) => innerWidth === width, size.width);
  }

  /** Opens a page, and waits until its scripts run. */
  async function visit(name, { size = DESK, colorScheme = 'light' } = {}) {
    await resize(size);
    await page.emulateMedia({ colorScheme });
    await page.goto(address + name);
    await page.waitForFunction(() => document.querySelector('#app').__vue_app__ !== undefined);
  }

  test('it has every page of the documentation', () => {
    assert.ok(pages.length > 40, `${pages.length} pages`);
    for (const name of ['', 'pages', 'lock', 'api/', 'api/daemon', 'bench', 'changelog']) assert.ok(pages.includes(name), name);
  });

  for (const name of pages) {
    test(`/${name}: no complaint, no horizontal scroll bar, dark and light`, async () => {
      await visit(name);
      const light = await look(page);
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.waitForFunction(() => document.documentElement.classList.contains('dark'));
      const dark = await look(page);
      await resize(PHONE);
      const phone = await look(page);

      links.set(name, light.links);
      anchors.set(name, new Set(light.ids));
      assert.deepEqual(complaints.splice(0), []);
      assert.deepEqual({ desk: light.tooWide, phone: phone.tooWide }, { desk: [], phone: [] });
      assert.deepEqual(light.brokenPictures, []);
      assert.ok(light.background > 0.9 && light.text < 0.4, `light: ${light.background}, ${light.text}`);
      assert.ok(dark.background < 0.2 && dark.text > 0.6, `dark: ${dark.background}, ${dark.text}`);
    });
  }

  test('every link leads to a page, a heading of it, or a file of the repository', () => {
    const broken = [...links].flatMap(([name, found]) => found.filter((link) => !leadsSomewhere(link)).map((link) => `/${name}: ${link}`));
    assert.ok([...links.values()].flat().length > 1_000);
    assert.deepEqual(broken, []);
  });

  function leadsSomewhere(link) {
    const { pathname, hash } = new URL(link);
    const [, inRepository] = link.match(new RegExp(`^${onGitHub}/(?:blob|tree|edit)/main/([^#?]*)`)) ?? [];
    if (inRepository !== undefined) return existsSync(repository + inRepository);
    if (!link.startsWith(address)) return true;
    const ids = anchors.get(pathname.replace('/daemonium/', ''));
    return ids !== undefined && (hash === '' || ids.has(decodeURIComponent(hash.slice(1))));
  }

  test('every page is reached from the start page', () => {
    const reached = new Set(['']);
    for (const name of reached) {
      for (const link of links.get(name) ?? []) if (link.startsWith(address)) reached.add(link.slice(address.length).split('#')[0]);
    }
    assert.deepEqual(
      pages.filter((name) => !reached.has(name)),
      [],
    );
  });

  test('the search finds stage5', async () => {
    await visit('');
    await page.keyboard.press('Control+k');
    await page.locator('#localsearch-input').fill('stage5');
    // What it marks is what it has found: it takes a word that is only like it, too.
    const marked = page.locator('mark', { hasText: /^stage5/ });
    await page.locator('#localsearch-list .result').filter({ has: marked }).first().click();
    await page.waitForURL((url) => url.href !== address);
    await page.locator('.vp-doc').getByText('stage5').first().waitFor();
  });

  test('a button changes between light and dark, and the choice stays', async () => {
    await visit('lock');
    await page.locator('.VPNavBarAppearance .VPSwitch').click();
    await visit('respawn');
    assert.ok((await look(page)).background < 0.2);
    await page.evaluate(() => localStorage.clear());
  });

  test('a phone has the pages in a menu', async () => {
    await visit('lock', { size: PHONE });
    await page.locator('.VPLocalNav .menu').click();
    await page.locator('.VPSidebar').getByRole('link', { name: 'Respawn' }).click();
    await page.waitForURL(`${address}respawn`);
  });

  test('screenshots of the start page are kept', async () => {
    const directory = fileURLToPath(new URL('../screenshots/', import.meta.url));
    mkdirSync(directory, { recursive: true });
    for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
      for (const colorScheme of ['light', 'dark']) {
        await visit('', { size, colorScheme });
        await page.screenshot({ path: `${directory}${name}-${colorScheme}.png` });
        await page.screenshot({ path: `${directory}${name}-${colorScheme}-whole.png`, fullPage: true });
      }
    }
  });
});

/** What a visitor sees of the page, and where it leads. */
function look(page) {
  return page.evaluate(() => {
    const brightness = (colour) => {
      const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
      return (red * 0.299 + green * 0.587 + blue * 0.114) / 255;
    };
    const { scrollWidth, clientWidth } = document.documentElement;
    const content = document.querySelector('.vp-doc');
    // What stands out of the page, though the page hides it.
    const scrolls = (element) => {
      for (let above = element.parentElement; above !== content; above = above.parentElement) {
        if (/auto|scroll|hidden/.test(getComputedStyle(above).overflowX)) return true;
      }
      return false;
    };
    const outside = [...content.querySelectorAll('*')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 1 && !scrolls(element),
    );
    return {
      tooWide: [
        ...(scrollWidth > clientWidth ? [`the page: ${scrollWidth} of ${clientWidth} pixels`] : []),
        ...outside.map((element) => element.outerHTML.slice(0, 100)),
      ],
      brokenPictures: [...document.images].filter((image) => image.complete && image.naturalWidth === 0).map(({ src }) => src),
      background: brightness(getComputedStyle(document.body).backgroundColor),
      text: brightness(getComputedStyle(content.querySelector('p')).color),
      links: [...document.querySelectorAll('a[href]')].map(({ href }) => href),
      ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
    };
  });
}
