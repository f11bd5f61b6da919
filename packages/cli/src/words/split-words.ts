/** Splits words as a shell does, with its quotes, and without anything else of it. */
export function splitWords(text: string): string[] {
  const words = text.match(/(?:[^\s"']|"(?:\\.|[^"\\])*"|'[^']*')+/g) ?? [];
  return words.map((word) =>
    word.replace(
      /"((?:\\.|[^"\\])*)"|'([^']*)'/g,
      (_, double?: string, single?: string) => single ?? (double ?? '').replace(/\\(.)/g, '$1'),
    ),
  );
}
