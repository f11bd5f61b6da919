// `npm test`: installs what is missing, builds, type-checks, lints, tests. Arguments go to Vitest; without them it runs all that takes no minutes.
import { join } from 'node:path';
import { installDependencies, root } from './install.mjs';
import { main, runVisibly } from './progress.mjs';
import { EVERYDAY, runVitest } from './vitest.mjs';

const bin = (path) => join(root, 'node_modules', path);
const run = (title, ...args) => runVisibly(title, process.execPath, args, { cwd: root });

await main(async () => {
  await installDependencies();
  await run('Build and type-check', join(root, 'scripts/build.mjs'));
  await run('Lint', bin('@biomejs/biome/bin/biome'), 'check', '.');
  await run('Lint: unused code', bin('knip/bin/knip.js'));
  const wanted = process.argv.slice(2);
  await runVitest('Test', wanted.length > 0 ? wanted : EVERYDAY);
});
