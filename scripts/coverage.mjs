// `npm run coverage`: how much of the packages' sources `npm test` runs, the daemons' processes included. Node.js writes the figures of each
// process as it ends (NODE_V8_COVERAGE), and children inherit that. A process that SIGKILL ends writes none, nor one with a
// root directory of its own. Arguments go to Vitest.
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installDependencies, root } from './install.mjs';
import { main, runVisibly } from './progress.mjs';
import { EVERYDAY, runVitest } from './vitest.mjs';

/** Percent of the lines, for all tests together: 88 were seen, as root. */
const LEAST_LINES = 85;

/** A bundle of a package, in the checkout or in the copy in which root runs the tests. */
const BUNDLE = /packages\/\w+\/dist\/[\w-]+\.js$/;

/** By the paths of bundles: lengths, or `null` where there is none; and maps. */
const lengths = new Map();
const maps = new Map();

async function measure(wanted) {
  await installDependencies();
  await runVisibly('Build and type-check', process.execPath, [join(root, 'scripts/build.mjs')], { cwd: root });
  const raw = mkdtempSync(join(tmpdir(), 'daemonium-coverage-'));
  // Daemons of other users write there, too.
  chmodSync(raw, 0o1777);
  try {
    process.env.NODE_V8_COVERAGE = raw;
    await runVitest('Test', wanted.length > 0 ? wanted : EVERYDAY);
  } finally {
    // The report itself is not measured.
    delete process.env.NODE_V8_COVERAGE;
    const lines = await report(raw).finally(() => rmSync(raw, { recursive: true, force: true }));
    if (wanted.length === 0 && lines < LEAST_LINES) {
      console.error(
        `\nThe tests run ${lines} % of the lines; expected at least ${LEAST_LINES} %. coverage/index.html shows which they leave out.`,
      );
      process.exitCode = 1;
    }
  }
}

/**
 * Prints the sum, adds it to the summary of the job on GitHub, and writes a page for each source file into coverage/.
 * @returns percent of the lines
 */
export async function report(raw) {
  // Not there before the dependencies are installed.
  const { CoverageReport } = await import('monocart-coverage-reports');
  const outputDir = join(root, 'coverage');
  const coverage = new CoverageReport({
    name: 'Daemonium',
    baseDir: root,
    outputDir,
    reports: ['console-summary', 'markdown-summary', 'v8', 'json-summary'],
    logging: 'error',
    sourceFilter: (path) => /^packages\/\w+\/src\//.test(path),
    onEntry: (entry) => {
      entry.sourceMap = sourceMapOf(fileURLToPath(entry.url));
    },
  });
  for (const name of readdirSync(raw)) keepBundles(join(raw, name));
  await coverage.addFromDir(raw);
  const { summary } = await coverage.generate();
  const { GITHUB_STEP_SUMMARY } = process.env;
  if (GITHUB_STEP_SUMMARY !== undefined) appendFileSync(GITHUB_STEP_SUMMARY, readFileSync(join(outputDir, 'coverage-summary.md')));
  return summary.lines.pct;
}

/** Leaves of a process's figures those of the bundles, under the paths of this checkout. Nothing is left of a file that a killed process had half written. */
function keepBundles(file) {
  const text = readFileSync(file, 'utf8');
  // Anew, because root may not open another user's file in such a directory for writing (fs.protected_regular).
  rmSync(file);
  const result = resultsIn(text).flatMap((entry) => {
    const bundle = join(root, BUNDLE.exec(entry.url)?.[0] ?? '');
    return bundle === root || !isAsBuilt(entry, bundle) ? [] : [{ ...entry, url: pathToFileURL(bundle).href }];
  });
  if (result.length > 0) writeFileSync(file, JSON.stringify({ result }), { flag: 'wx' });
}

/** Vitest transforms some modules before it runs them, so their places are not those of the file. The first function of a script is all of it. */
function isAsBuilt({ functions }, bundle) {
  if (!lengths.has(bundle)) lengths.set(bundle, existsSync(bundle) ? readFileSync(bundle, 'utf8').length : null);
  return functions[0]?.ranges[0]?.endOffset === lengths.get(bundle);
}

function resultsIn(text) {
  try {
    return JSON.parse(text).result;
  } catch {
    return [];
  }
}

/** With absolute paths: the bundles of several packages have the same sources in them. An entry that only names things has no map. */
function sourceMapOf(bundle) {
  if (!maps.has(bundle)) maps.set(bundle, existsSync(`${bundle}.map`) ? readSourceMap(bundle) : undefined);
  return maps.get(bundle);
}

function readSourceMap(bundle) {
  const map = JSON.parse(readFileSync(`${bundle}.map`, 'utf8'));
  return { ...map, sources: map.sources.map((source) => pathToFileURL(join(dirname(bundle), source)).href) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(() => measure(process.argv.slice(2)));
