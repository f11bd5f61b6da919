// `npm run bench [-- --only NAME]`: runs every bench of this directory, one after another, prints a table, writes bench/results.json and draws
// docs/bench.svg. See README.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installDependencies, root } from '../scripts/install.mjs';
import { nodeBinary } from '../scripts/node-binary.mjs';
import { main, runQuietly, StepFailed } from '../scripts/progress.mjs';
import { drawPlot } from './support/plot.mjs';

const here = new URL('.', import.meta.url);
const resultsFile = new URL('results.json', here);
const runOne = fileURLToPath(new URL('support/run-one.mjs', here));

/** The versions of Node.js that a bench which exports `everyNode` runs on, one after another; the others run on the first. */
const NODES = ['24', '20', '26'];

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
function rowsOf({ name, node, figures, target = '', pass }) {
  const [[label, value] = ['', ''], ...rest] = Object.entries(figures).map(([key, figure]) => [key, number(figure)]);
  return [[name, node, label, value, target, verdict(pass)], ...rest.map(([key, figure]) => ['', '', key, figure, '', ''])];
}

function table(results) {
  const all = [['bench', 'Node.js', 'figure', 'value', 'target', ''], ...results.flatMap(rowsOf)];
  const widths = all[0].map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => row.map((cell, column) => (column === 3 ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  ');
  return all.map((row) => line(row).trimEnd()).join('\n');
}

const isThis = (version) => process.versions.node.startsWith(`${version}.`);

/** Runs a bench on one version of Node.js. The result comes on a descriptor of its own, since a bench may print what it likes. */
async function runBench(file, { binary, version }) {
  console.log(`${file} on Node.js ${version} ...`);
  const started = performance.now();
  const bench = spawn(binary, [runOne, file], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
  const [result, [code, signal]] = await Promise.all([json(bench.stdio[3]).catch(() => null), once(bench, 'exit')]);
  console.log(`${file}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const node = `v${version}`;
  return { file, node, ...(result ?? { name: file, figures: {}, pass: false, error: `ended with ${code ?? signal}` }) };
}

/** A bench on each of its versions; none of a file that is no bench. */
async function runOnEach(file, nodes) {
  const { run, everyNode = false } = await import(new URL(file, here).href);
  if (typeof run !== 'function') return [];
  const results = [];
  for (const node of everyNode ? nodes : nodes.slice(0, 1)) results.push(await runBench(file, node));
  return results;
}

/** The benches that did not run now keep their last results. */
function write(results, nodes, isPartial) {
  const before = isPartial && existsSync(resultsFile) ? JSON.parse(readFileSync(resultsFile, 'utf8')).benches : [];
  const kept = before.filter(({ file }) => !results.some((result) => result.file === file));
  // A stable sort: a bench's versions stay in their order.
  const benches = [...kept, ...results].sort((a, b) => a.file.localeCompare(b.file));
  const report = { date: new Date().toISOString(), nodes: nodes.map(({ version }) => `v${version}`), machine: machine(), benches };
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
  await runQuietly('Building', process.execPath, [`${root}/scripts/build.mjs`, 'core', 'logging', 'daemon', 'lease', 'cli'], { cwd: root });
  const nodes = [];
  for (const version of NODES)
    nodes.push(isThis(version) ? { binary: process.execPath, version: process.versions.node } : await nodeBinary(version));
  const results = [];
  for (const name of wanted) results.push(...(await runOnEach(`${name}.mjs`, nodes)));
  console.log(`\n${table(results)}`);
  write(results, nodes, values.only !== undefined);
  drawPlot();
  const below = results.filter(({ pass }) => pass === false).map(({ name, node }) => `${name} (${node})`);
  if (below.length > 0) throw new StepFailed(`Below target: ${below.join(', ')}`);
});
