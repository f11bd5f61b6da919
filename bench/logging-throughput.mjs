// Lines a second through fileLogger against pino.destination with the same options. Interleaved runs, medians of the ratios of neighbours.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileLogger } from '@daemonium/logging';

const pino = createRequire(import.meta.url)('pino');
const LINES = 50_000;
const LINES_A_TURN = 100;
const ROUNDS = 9;
const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
let serial = 0;

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Milliseconds until all lines are in the file, and a check that they are. */
async function measure(open) {
  const path = join(directory, `${serial++}.log`);
  const { logger, flush, close } = await open(path);
  const start = performance.now();
  for (let n = 0; n < LINES; n++) {
    logger.info({ n, url: '/some/path', milliseconds: 12.5 }, 'request completed');
    if (n % LINES_A_TURN === LINES_A_TURN - 1) await nextTurn();
  }
  await flush();
  const elapsed = performance.now() - start;
  const lines = readFileSync(path, 'latin1').split('\n').length - 1;
  if (lines !== LINES) throw new Error(`${lines} of ${LINES} lines in the file`);
  close();
  rmSync(path);
  return elapsed;
}

const ours = (sync) => (path) => {
  const logger = fileLogger({ path, sync, reopenOn: null });
  return { logger, flush: () => new Promise((resolve) => logger.flush(resolve)), close: () => logger[Symbol.dispose]() };
};

const theirs = (sync) => async (path) => {
  const destination = pino.destination({ dest: path, sync });
  if (!sync) await new Promise((resolve) => destination.once('ready', resolve));
  const flush = async () => {
    // flushSync() says nothing about the write that is on its way in another thread.
    while (destination._writing) await nextTurn();
    destination.flushSync();
  };
  return { logger: pino({}, destination), flush, close: () => destination.destroy() };
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function compare(sync) {
  await measure(ours(sync));
  await measure(theirs(sync));
  const ratios = [];
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each goes first as often as the other.
    const first = round % 2 === 0 ? ours : theirs;
    const a = await measure(first(sync));
    const b = await measure((first === ours ? theirs : ours)(sync));
    const [own, pinos] = first === ours ? [a, b] : [b, a];
    ratios.push(pinos / own);
    times.push(own);
  }
  return { ratio: median(ratios), linesPerSecond: Math.round((LINES / median(times)) * 1000) };
}

export async function run() {
  try {
    const sync = await compare(true);
    const buffered = await compare(false);
    return {
      name: 'logging throughput',
      figures: {
        'sync: x pino.destination': sync.ratio,
        'sync: lines/s': sync.linesPerSecond,
        'buffered: x pino.destination': buffered.ratio,
        'buffered: lines/s': buffered.linesPerSecond,
      },
      target: 'at least 0.95 x pino.destination with the same options',
      pass: sync.ratio >= 0.95 && buffered.ratio >= 0.95,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
