import type { Daemon } from '../daemon.ts';
import { print } from '../internal/print.ts';

const INTERVAL_MS = 80;
/** Goes back to the first column, and clears the line: ECMA-48, EL. */
const CLEAR = '\r\x1b[K';

/** Waits for `work`, with a line on the terminal that shows that, and how far it is. Where stderr is no terminal it only waits. */
export async function whileSpinning<T>(what: string, daemon: Daemon, work: () => Promise<T>): Promise<T> {
  const { stderr } = process;
  if (!stderr.isTTY || process.env['TERM'] === 'dumb') return work();
  const frames = isUnicode() ? [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'] : [...'|/-\\'];
  const began = performance.now();
  let count = 0;
  let stage = 0;
  const draw = () => {
    const seconds = Math.floor((performance.now() - began) / 1000);
    const text = `${frames[count++ % frames.length]} ${what}${stage === 0 ? '' : `, stage ${stage} of 9`}${seconds === 0 ? '' : `, ${seconds} s`}`;
    // A line that wraps could not be erased.
    print(stderr, `${CLEAR}${text.slice(0, (stderr.columns || 80) - 1)}`);
  };
  const clear = () => print(stderr, CLEAR);
  const timer = setInterval(draw, INTERVAL_MS).unref();
  const end = () => {
    clearInterval(timer);
    daemon.off('stage', onStage);
    process.off('exit', clear);
    clear();
  };
  const onStage = (done: number) => {
    // In the foreground the daemon has the terminal from here on.
    if (daemon.role !== 'launcher') end();
    stage = done;
  };
  daemon.on('stage', onStage);
  process.once('exit', clear);
  draw();
  try {
    return await work();
  } finally {
    end();
  }
}

function isUnicode(): boolean {
  return /utf-?8/i.test(process.env['LC_ALL'] || process.env['LC_CTYPE'] || process.env['LANG'] || '');
}
