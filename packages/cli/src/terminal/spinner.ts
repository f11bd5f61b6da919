import { errorStream } from './output.ts';

const INTERVAL_MS = 80;
/** Goes back to the first column, and clears the line: ECMA-48, EL. */
const CLEAR = '\r\x1b[K';

/** Waits for `work`, with a line on the terminal that shows that. Where stderr is no terminal it only waits. */
export async function whileSpinning<T>(what: string, work: () => Promise<T>): Promise<T> {
  const stderr = errorStream();
  if (!stderr.isTTY || process.env['TERM'] === 'dumb') return work();
  const frames = [
    ...(/utf-?8/i.test(process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '') ? '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏' : '|/-\\'),
  ];
  const began = performance.now();
  let count = 0;
  const draw = () => {
    const seconds = Math.floor((performance.now() - began) / 1000);
    const text = `${frames[count++ % frames.length]} ${what}${seconds === 0 ? '' : `, ${seconds} s`}`;
    // A line that wraps could not be taken back.
    stderr.write(`${CLEAR}${text.slice(0, (stderr.columns || 80) - 1)}`);
  };
  const clear = () => void stderr.write(CLEAR);
  const timer = setInterval(draw, INTERVAL_MS).unref();
  process.once('exit', clear);
  draw();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    process.off('exit', clear);
    clear();
  }
}
