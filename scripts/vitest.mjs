// Runs Vitest where every user can read it: `node scripts/vitest.mjs ARGUMENTS`.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './install.mjs';
import { main, runVisibly } from './progress.mjs';
import { withReadable } from './readable.mjs';

/** What `npm test` leaves to `npm run test:faults` and `npm run test:lease`: every fault at every place of a start, and real database servers. */
export const WITHOUT_LONG = ['test/faults/**', 'test/lease/**'].flatMap((pattern) => ['--exclude', pattern]);

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
