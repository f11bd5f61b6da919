// `npm run coverage`: how much of the packages' sources `npm test` runs, the daemons' processes included. Node.js writes the figures of each
// process as it ends (NODE_V8_COVERAGE), and children inherit that. A process that SIGKILL ends writes none. Arguments go to Vitest.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDependencies, root } from './install.mjs';
import { main, runVisibly } from './progress.mjs';
import { runVitest, WITHOUT_LONG } from './vitest.mjs';

await main(async () => {
  await installDependencies();
  await runVisibly('Build and type-check', process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root });
  const raw = mkdtempSync(join(tmpdir(), 'daemonium-coverage-'));
  // Daemons of other users write there, too.
  chmodSync(raw, 0o1777);
  try {
    process.env.NODE_V8_COVERAGE = raw;
    const wanted = process.argv.slice(2);
    await runVitest('Test', wanted.length > 0 ? wanted : WITHOUT_LONG);
  } finally {
    await report(raw);
    rmSync(raw, { recursive: true, force: true });
  }
});

/** Prints the sum, and writes a page for each source file into coverage/. */
async function report(raw) {
  // Not there before the dependencies are installed.
  const { CoverageReport } = await import('monocart-coverage-reports');
  const coverage = new CoverageReport({
    name: 'Daemonium',
    baseDir: root,
    outputDir: join(root, 'coverage'),
    reports: ['console-summary', 'v8', 'json-summary'],
    logging: 'error',
    entryFilter: ({ url }) => /\/packages\/\w+\/dist\/[\w-]+\.js$/.test(url),
    sourceFilter: (path) => /^packages\/\w+\/src\//.test(path),
    // The bundles of several packages have the same sources in them.
    sourcePath: (path) => path.replace(/^.*?(packages\/\w+\/src\/)/, '$1'),
  });
  removeTorn(raw);
  await coverage.addFromDir(raw);
  await coverage.generate();
}

/** Files of processes that were killed while they wrote them. */
function removeTorn(raw) {
  for (const name of readdirSync(raw)) {
    const file = join(raw, name);
    try {
      JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      rmSync(file);
    }
  }
}
