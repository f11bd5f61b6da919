// `npm run test:mutants [-- PATTERN]`: changes one line after the other in copies of the checkout, and sees whether the tests notice.
// Fails when one survives without a reason, and when tests fail without any. PATTERN, a regular expression, picks mutants by their names; --list shows them.
import { parseArgs } from 'node:util';
import { Checkout } from './checkout.mjs';
import { MUTANTS } from './mutants.mjs';

const PARALLEL = 2;
/** A mutant that makes tests hang is noticed, too. */
const TIMEOUT = 240_000;

const { values, positionals } = parseArgs({ options: { list: { type: 'boolean' } }, allowPositionals: true });
const pattern = new RegExp(positionals[0] ?? '', 'i');
const wanted = MUTANTS.filter(({ name }) => pattern.test(name));

if (values.list) for (const { name, file } of wanted) console.log(`${name} (${file})`);
else process.exitCode = await run();

async function run() {
  // So that what is cleaned up at the end is cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  const started = performance.now();
  const checkouts = Array.from({ length: Math.min(PARALLEL, wanted.length) }, () => new Checkout());
  const stale = wanted.flatMap((mutant) => complaint(mutant, checkouts[0].read(mutant.file)));
  if (stale.length > 0) console.error(`The table is not up to date:\n${stale.join('\n')}`);
  await Promise.all(checkouts.map((checkout) => checkout.build()));
  const queue = wanted.filter((mutant) => complaint(mutant, checkouts[0].read(mutant.file)).length === 0);
  const results = [];
  const work = async (checkout) => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const result = await tryMutant(checkout, mutant);
      results.push(result);
      console.log(`${String(results.length).padStart(3)}/${wanted.length} ${line(result)}`);
    }
  };
  await Promise.all(checkouts.map(work));
  const failing = await failingAnyway(checkouts[0], results);
  return Math.max(summary(results, started), failing.length + stale.length > 0 ? 1 : 0);
}

/** A test that fails without a mutant, too, has noticed nothing. */
async function failingAnyway(checkout, results) {
  const files = [...new Set(results.flatMap(({ how }) => /^\S+\.test\.ts/.exec(how)?.[0] ?? []))];
  if (files.length === 0) return [];
  const failing = await checkout.failing(files, 3 * TIMEOUT);
  if (failing.length > 0) console.error(`These tests fail without any mutant, so what they killed may live: ${failing.join(' ')}`);
  return failing;
}

/** The table and the sources go different ways easily. */
function complaint({ name, file, find }, source) {
  const times = source.split(find).length - 1;
  return times === 1 ? [] : [`${name}: stands ${times} times in packages/${file}: ${find}`];
}

async function tryMutant(checkout, mutant) {
  const { file, find, replace, tests } = mutant;
  const source = checkout.read(file);
  const started = performance.now();
  checkout.write(
    file,
    source.replace(find, () => replace),
  );
  try {
    await checkout.build(file.split('/')[0]);
    const [likeliest, ...others] = tests;
    let result = await checkout.test([likeliest], TIMEOUT);
    if (result.passed && others.length > 0) result = await checkout.test(others, TIMEOUT);
    const { passed, timedOut, failed } = result;
    return {
      mutant,
      survived: passed,
      how: timedOut ? 'by the clock' : passed ? '' : failed,
      seconds: (performance.now() - started) / 1000,
    };
  } catch (error) {
    // It does not even build: a mistake in the table.
    return { mutant, survived: true, how: String(error), seconds: 0 };
  } finally {
    checkout.write(file, source);
    await checkout.build(file.split('/')[0]);
  }
}

function line({ mutant: { name, reason }, survived, how, seconds }) {
  const verdict = survived ? `SURVIVED ${how}${reason === undefined ? '' : `(${reason})`}` : `killed ${how}`;
  return `${seconds.toFixed(1).padStart(6)} s  ${name}: ${verdict}`;
}

function summary(results, started) {
  const survivors = results.filter(({ survived }) => survived);
  const unexplained = survivors.filter(({ mutant }) => mutant.reason === undefined);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\n${results.length - survivors.length} of ${results.length} mutants killed in ${seconds} s`);
  for (const result of survivors) console.log(line(result));
  for (const { mutant, survived } of results) {
    if (!survived && mutant.reason !== undefined) console.log(`Killed, so its reason may go: ${mutant.name}`);
  }
  return unexplained.length === 0 ? 0 : 1;
}
