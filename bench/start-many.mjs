// One launcher that lives on starts 200 daemons, which are killed: its descriptors, its zombies, its memory.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const STARTS = 200;
const GROWTH = 5;

export async function run() {
  const program = fileURLToPath(new URL('programs/many-starts.mjs', import.meta.url));
  // V8 doubles its young generation, up to 16 MB, by what is allocated and not by what is kept: at its smallest it shows what is kept.
  // Its compilers take memory for hot code, too, up to 6 MB on Node 24.
  const flags = ['--expose-gc', '--max-semi-space-size=1', '--no-opt', '--no-maglev', '--no-sparkplug'];
  const { stdout, status } = spawnSync(process.execPath, [...flags, program, String(STARTS)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
  });
  if (status !== 0) throw new Error(`The launcher ended with ${status}`);
  const { before, after, milliseconds } = JSON.parse(stdout);
  const figures = {
    'descriptors more': after.descriptors - before.descriptors,
    'zombies more': after.zombies - before.zombies,
    'memory more, MB': (after.resident - before.resident) / 2 ** 20,
    'heap in use more, MB': (after.heap - before.heap) / 2 ** 20,
    'a start, ms': milliseconds,
    starts: STARTS,
  };
  const pass = figures['descriptors more'] === 0 && figures['zombies more'] === 0 && figures['memory more, MB'] < GROWTH;
  return { name: `${STARTS} starts by one launcher`, figures, target: `descriptors and zombies +-0, memory < +${GROWTH} MB`, pass };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
