// Draws docs/bench.svg out of bench/results.json: how long ours takes, where what it is compared with takes 1. `node bench/support/plot.mjs`
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Each bar, or one for each version of Node.js: what is done, beside what, the figure it comes from, and the limit we have set ourselves. `faster` figures say how many times. */
const BARS = [
  { file: 'start-latency.mjs', figure: 'ratio', label: 'start, to run()', beside: 'daemonize-process', limit: 1.08 },
  {
    file: 'start-latency.mjs',
    figure: 'ratio, module target',
    label: 'start of a module, to run()',
    beside: 'daemonize-process',
    limit: 1.1,
  },
  {
    file: 'start-latency.mjs',
    figure: 'ratio, with a pid file',
    label: 'start with a locked pid file',
    beside: 'daemonize-process, no lock',
    limit: 1.18,
  },
  {
    file: 'start-latency.mjs',
    figure: 'times faster than pm2 start',
    faster: true,
    label: 'start, to run()',
    beside: 'pm2 start',
    limit: null,
  },
  {
    file: 'lock-cycle.mjs',
    figure: 'ratio to the raw calls',
    label: 'acquire, seal, release',
    beside: 'the raw system calls',
    limit: 1.2,
  },
  {
    file: 'lock-cycle.mjs',
    figure: 'times faster than proper-lockfile',
    faster: true,
    label: 'acquire, seal, release',
    beside: 'proper-lockfile',
    limit: 1 / 5,
  },
  {
    file: 'logging-throughput.mjs',
    figure: 'sync: x pino.destination',
    faster: true,
    label: 'a log line',
    beside: 'pino.destination',
    limit: 1 / 0.95,
  },
  {
    file: 'logging-throughput.mjs',
    figure: 'buffered: x pino.destination',
    faster: true,
    label: 'a log line, buffered',
    beside: 'pino.destination, buffered',
    limit: 1 / 0.95,
  },
];

const WIDTH = 860;
const ROW = 44;
const LEFT = 300;
const SCALE = (WIDTH - LEFT - 110) / 1.5;
const TOP = 64;
/** Of a figure behind its bar, with the gap. */
const FIGURE_WIDTH = 46;

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function bar({ label, beside, limit, value }, row) {
  const y = TOP + row * ROW;
  const width = Math.min(value, 1.5) * SCALE;
  const fill = limit === null ? '#6e7781' : value <= limit ? '#1a7f37' : '#cf222e';
  const mark =
    limit === null
      ? ''
      : `<path d="M${(LEFT + limit * SCALE).toFixed(1)} ${y}v26" stroke="#1f2328" stroke-width="2" stroke-dasharray="3 3"/>`;
  // The figure stands behind the limit where the line would go through it.
  const line = limit === null ? 0 : limit * SCALE;
  const end = line > width && line < width + FIGURE_WIDTH ? line : width;
  return `<text x="${LEFT - 14}" y="${y + 12}" text-anchor="end" fill="#1f2328">${escaped(label)}</text>
  <text x="${LEFT - 14}" y="${y + 28}" text-anchor="end" fill="#57606a" font-size="12">beside ${escaped(beside)}</text>
  <rect x="${LEFT}" y="${y + 2}" width="${width.toFixed(1)}" height="22" rx="3" fill="${fill}"/>${mark}
  <text x="${(LEFT + end + 8).toFixed(1)}" y="${y + 18}" fill="#1f2328">${value.toFixed(2)}</text>`;
}

export function plot({ benches, nodes, date, machine }) {
  const rows = BARS.flatMap((each) => {
    const results = benches.filter(({ file, figures }) => file === each.file && figures[each.figure] !== undefined);
    return results.map(({ figures, node }) => {
      const figure = figures[each.figure];
      return { ...each, label: `${each.label} (Node ${/\d+/.exec(node)})`, value: each.faster ? 1 / figure : figure };
    });
  });
  const height = TOP + rows.length * ROW + 44;
  const one = LEFT + SCALE;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" font-size="14" role="img" aria-labelledby="title">
  <title id="title">Time taken, where what it is compared with takes 1: ${rows.map(({ label, beside, value }) => `${escaped(label)} beside ${escaped(beside)} ${value.toFixed(2)}`).join('; ')}.</title>
  <rect width="${WIDTH}" height="${height}" rx="8" fill="#ffffff"/>
  <text x="24" y="32" fill="#1f2328" font-weight="600">Time taken, where what stands beside it takes 1</text>
  <text x="${WIDTH - 24}" y="32" text-anchor="end" fill="#57606a" font-size="12">shorter is better; dashed: the limit we have set ourselves</text>
  <path d="M${one} ${TOP - 12}V${TOP + rows.length * ROW}" stroke="#8c959f" stroke-width="1"/>
  ${rows.map(bar).join('\n  ')}
  <text x="24" y="${height - 16}" fill="#57606a" font-size="12">Node.js ${nodes.join(', ')}, ${escaped(machine.cpu)}, ${machine.cores} cores, Linux ${escaped(machine.kernel)}, ${date.slice(0, 10)}. npm run bench</text>
</svg>
`;
}

export function drawPlot() {
  const results = JSON.parse(readFileSync(new URL('../results.json', import.meta.url), 'utf8'));
  writeFileSync(new URL('../../docs/bench.svg', import.meta.url), plot(results));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) drawPlot();
