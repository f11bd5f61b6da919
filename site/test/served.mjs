// The built site, as GitHub Pages serves it, and Chromium in front of it.
import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { chromium as playwright } from 'playwright-core';
import { serve } from 'vitepress';
import { chromium } from '../chromium.mjs';

const site = fileURLToPath(new URL('..', import.meta.url));
const { executable, env, missing } = chromium();

/** Why nothing can be tested, or `false`. */
export const skip = missing ?? false;

/** The address of every page that was built, by what is in the directory and not by the links. */
export function builtPages() {
  return readdirSync(`${site}.vitepress/dist`, { recursive: true })
    .filter((file) => file.endsWith('.html') && file !== '404.html')
    .map((file) => file.replace(/(^|(?<=\/))index\.html$|\.html$/, ''))
    .toSorted();
}

/** Serves the site and starts a browser. */
export async function open() {
  const { server } = await serve({ root: site, port: 0 });
  if (!server.listening) await once(server, 'listening');
  const browser = await playwright.launch({ executablePath: executable, env: { ...process.env, ...env } });
  return {
    origin: `http://localhost:${server.address().port}/daemonium/`,
    browser,
    async close() {
      await browser.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
