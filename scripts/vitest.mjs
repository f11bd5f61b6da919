// Runs Vitest where every user can read it: `node scripts/vitest.mjs ARGUMENTS`.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './install.mjs';
import { main, runVisibly } from './progress.mjs';
import { withReadable } from './readable.mjs';

/** `npm run test:faults` (every fault at every place of a start) and `npm run test:lease` (real database servers) are commands of their own. */
const LONG = ['faults', 'lease'];

/** The folders of `npm test`. */
export const EVERYDAY = readdirSync(join(root, 'test'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !LONG.includes(entry.name))
  .map(({ name }) => `test/${name}/`);

/** `vitest run ...args` under a heading. */
export async function runVitest(title, args) {
  // Ctrl-C ends Vitest, and then what is to be removed is removed.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  await withReadable(root, ({ root: cwd, node, temporary }) =>
    runVisibly(title, node, [join(cwd, 'node_modules/vitest/vitest.mjs'), 'run', ...args], {
      cwd,
      env: { ...process.env, TMPDIR: temporary },
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(() => runVitest('Test', process.argv.slice(2)));
