import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Block {
  readonly page: string;
  /** Of the fence. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** The one it stands under, without its marks. */
  readonly heading: string;
  /** The comments right before the fence: `run`, `given: ...`. */
  readonly directives: readonly string[];
  /** What its first line calls it: `// clock.mjs`, `# app.service`. */
  readonly name: string | null;
}

/** Every page that users read, by its path from the root. */
export function pages(): string[] {
  const above = ['.', 'bench', 'examples', 'packages/core', 'packages/logging', 'packages/daemon', 'packages/lease', 'packages/cli'];
  const files = [
    ...above.flatMap((directory) => readdirSync(join(root, directory)).map((file) => join(directory, file))),
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) => join('docs', file)),
  ];
  return files.filter((file) => file.endsWith('.md'));
}

export function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

const FENCE = /^( *)```(\S*)[^\n]*\n(.*?)^\1```$/gms;
const COMMENTS = /(?:<!--(?:(?!-->).)*-->\s*)+$/s;

/** The fenced blocks of a page. */
export function blocks(page: string): Block[] {
  const text = read(page);
  return [...text.matchAll(FENCE)].map((match) => {
    const before = text.slice(0, match.index);
    const [, indent = '', language = '', body = ''] = match;
    const code = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    const directives = [...(COMMENTS.exec(before)?.[0] ?? '').matchAll(/<!--(.*?)-->/gs)].map(([, directive = '']) => directive.trim());
    const line = before.split('\n').length;
    const heading = [...before.replaceAll(FENCE, '').matchAll(/^#+ (.*)$/gm)].at(-1)?.[1] ?? '';
    return {
      page,
      line,
      language,
      code,
      heading,
      directives,
      name: /^(?:\/\/|#) ([\w.@-]+\.\w+)$/m.exec(code.split('\n')[0] ?? '')?.[1] ?? null,
    };
  });
}

export function allBlocks(): Block[] {
  return pages().flatMap(blocks);
}
