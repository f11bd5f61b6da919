import { printableLine } from './printable.ts';

export interface Cell {
  readonly text: string;
  readonly colour?: (text: string) => string;
}

/** Columns as wide as their widest cell. Colours take no room. */
export function table(cells: readonly (readonly Cell[])[]): string[] {
  const rows = cells.map((row) => row.map((cell) => ({ ...cell, text: printableLine(cell.text) })));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.text.length ?? 0)));
  return rows.map((row) =>
    row
      .map(({ text, colour = plain }, column) => colour(text) + ' '.repeat((widths[column] ?? 0) - text.length))
      .join('  ')
      .trimEnd(),
  );
}

function plain(text: string): string {
  return text;
}
