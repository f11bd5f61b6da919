/** A line that does not end is cut here: progress bars without a newline must not grow in memory for ever. */
const LONGEST_LINE = 64 * 1024;

/** Hands out whole lines, without their end (`\n` or `\r\n`), and keeps the beginning of the next one. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #partial = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (this.#partial.length > LONGEST_LINE) this.flush();
  }

  flush(): void {
    if (this.#partial === '') return;
    const line = this.#partial;
    this.#partial = '';
    this.#onLine(line);
  }
}
