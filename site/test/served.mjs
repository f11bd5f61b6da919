// The built site as GitHub Pages serves it, and Chromium in front of it. No server: what the browser asks for is answered from the files.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium as playwright } from 'playwright-core';
import { chromium } from '../chromium.mjs';

const built = fileURLToPath(new URL('../.vitepress/dist/', import.meta.url));
const { executable, env, missing } = chromium();

/** Why nothing can be tested, or `false`. */
export const skip = missing ?? false;
export const address = 'https://daemonium.github.io/daemonium/';

/** What follows the address, for every page that was built; by what is in the directory and not by the links. */
export function builtPages() {
  return readdirSync(built, { recursive: true })
    .filter((file) => file.endsWith('.html') && file !== '404.html')
    .map((file) => file.replace(/(^|(?<=\/))index\.html$|\.html$/, ''))
    .toSorted();
}

/** A browser with one page, which cannot reach anything but the site. */
export async function openBrowser(viewport) {
  const browser = await playwright.launch({ executablePath: executable, env: { ...process.env, ...env } });
  const page = await browser.newPage({ viewport });
  await page.route('**', (route) => {
    const url = route.request().url();
    return url.startsWith(address) ? route.fulfill(answer(new URL(url.slice(address.length), 'file:///').pathname)) : route.abort();
  });
  return { browser, page };
}

function answer(path) {
  const file = [path, `${path}.html`, `${path}/index.html`].map((each) => join(built, each)).find(isFile);
  return file === undefined ? { status: 404, path: join(built, '404.html') } : { path: file };
}

function isFile(path) {
  return existsSync(path) && statSync(path).isFile();
}
