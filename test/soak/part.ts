/** Which part of the long counts is run: `SOAK=0.1` is a tenth, as in CI. */
export const PART = Number(process.env['SOAK'] ?? 1);

/** That part of a whole count, and one at least. */
export function partOf(whole: number): number {
  return Math.max(1, Math.round(whole * PART));
}
