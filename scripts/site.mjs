// `npm run site`: builds the site into site/.vitepress/dist. `npm run test:site`: builds it, and tests it in Chromium.
import { join } from 'node:path';
import { unlessDownloadFails } from './download.mjs';
import { installDependencies, root } from './install.mjs';
import { main, runQuietly, runVisibly } from './progress.mjs';

const site = join(root, 'site');

async function build() {
  await installDependencies(site);
  await runQuietly('Building the site', process.execPath, ['node_modules/vitepress/bin/vitepress.js', 'build'], { cwd: site });
}

async function test() {
  await build();
  await runQuietly('Looking for Chromium', process.execPath, ['chromium.mjs'], { cwd: site });
  await runVisibly('Test the site', process.execPath, ['--test', '--test-reporter=spec', 'test/site.test.mjs'], { cwd: site });
}

await main(async () => {
  if (process.argv[2] === 'test') return unlessDownloadFails('the tests of the site', test);
  await build();
  console.log('The site is in site/.vitepress/dist.');
});
