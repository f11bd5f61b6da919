import { hexEscape } from '../words/hex-escape.ts';

/** Control characters of C0 and C1 but newline and tab: a terminal obeys them. */
const CONTROL = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

/** Text that other users or programs may have chosen, so that a terminal only shows it: control characters as `\\x1b`. */
export function printable(text: string): string {
  return text.replace(CONTROL, hexEscape);
}

/** The same, on one line. */
export function printableLine(text: string): string {
  return printable(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}
