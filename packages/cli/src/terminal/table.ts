import { printableLine } from './printable.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: (text: string) => string;
}

const GAP = 2;
/** A path that is cut to less tells nothing. */
const LEAST = 8;

/**
 * Columns as wide as their widest cell. Colours take no room. A terminal would break longer lines than its own: there the last column has the
 * room that is left, and of longer texts the end, which of a path tells most; without such room it is left out.
 * @param width of the terminal; 0: there is none
 */
export function table(rows: readonly (readonly Cell[])[], width = 0): string[] {
  const texts = rows.map((row) => row.map(({ text }) => printableLine(text)));
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const last = widths.length - 1;
  const room = width === 0 ? Number.POSITIVE_INFINITY : width - widths.slice(0, last).reduce((sum, each) => sum + each + GAP, 0);
  const shownColumns = room < Math.min(LEAST, widths[last] ?? 0) ? last : last + 1;
  return rows.map((row, line) =>
    row
      .slice(0, shownColumns)
      .map(({ colour = plain }, column) => {
        const text = texts[line]?.[column] ?? '';
        if (column === last) return colour(endOf(text, room));
        return colour(text) + ' '.repeat((widths[column] ?? 0) - text.length);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

function endOf(text: string, room: number): string {
  return text.length <= room ? text : `…${text.slice(text.length - room + 1)}`;
}

function plain(text: string): string {
  return text;
}
