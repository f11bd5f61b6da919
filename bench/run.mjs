// `npm run bench [-- --only NAME]`: runs every bench of this directory, one after another, prints a table, writes bench/results.json and draws
// docs/bench.svg. See README.md.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { installDependencies, root } from '../.ci/install.mjs';
import { main, runQuietly, StepFailed } from '../.ci/progress.mjs';
import { drawPlot } from './support/plot.mjs';

const here = new URL('.', import.meta.url);
const resultsFile = new URL('results.json', here);

function machine() {
  const [first] = cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    memory: totalmem(),
    kernel: release(),
    platform: process.platform,
    arch: process.arch,
  };
}

const number = (value) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 3 : 1));
const verdict = (pass) => (pass === undefined ? '' : pass ? 'pass' : 'FAIL');

/** The first row of a bench has its name, target and verdict; the further ones a figure each. */
function rowsOf({ name, figures, target = '', pass }) {
  const [[label, value] = ['', ''], ...rest] = Object.entries(figures).map(([key, figure]) => [key, number(figure)]);
  return [[name, label, value, target, verdict(pass)], ...rest.map(([key, figure]) => ['', key, figure, '', ''])];
}

function table(results) {
  const all = [['bench', 'figure', 'value', 'target', ''], ...results.flatMap(rowsOf)];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => (column === 2 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ');
  return all.map((row) => line(row).trimEnd()).join('\n');
}

async function runBench(file) {
  const { run } = await import(new URL(file, here).href);
  if (typeof run !== 'function') return [];
  console.log(`${file} ...`);
  const started = performance.now();
  try {
    return [{ file, ...(await run()) }];
  } catch (error) {
    console.error(error);
    return [{ file, name: file, figures: {}, pass: false, error: String(error) }];
  } finally {
    console.log(`${file}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
}

/** The benches that did not run now keep their last results. */
function write(results, isPartial) {
  const before = isPartial && existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')).benches : [];
  const kept = before.filter(({ file }) => !results.some((result) => result.file === file));
  const benches = [...kept, ...results].sort((a, b) => a.file.localeCompare(b.file));
  const report = { date: new Date().toISOString(), node: process.version, machine: machine(), benches };
  writeFileSync(resultsFile, `${JSON.stringify(report, null, 2)}\n`);
}

await main(async () => {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const names = readdirSync(here)
    .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
    .map((file) => file.slice(0, -'.mjs'.length));
  const wanted = names.filter((name) => values.only === undefined || name === values.only);
  if (wanted.length === 0) throw new StepFailed(`No such bench; there are: ${names.join(', ') || 'none'}`);
  await installDependencies();
  await runQuietly('Building', process.execPath, [`${root}/.ci/build.mjs`, 'core', 'logging', 'daemon', 'lease'], { cwd: root });
  const results = [];
  for (const name of wanted) results.push(...(await runBench(`${name}.mjs`)));
  console.log(`\n${table(results)}`);
  write(results, values.only !== undefined);
  drawPlot();
  const below = results.filter(({ pass }) => pass === false).map(({ name }) => name);
  if (below.length > 0) throw new StepFailed(`Below target: ${below.join(', ')}`);
});
