import { type Block, blocks } from '../docs/markdown.ts';
import type { Machine } from './machine.ts';

/** What a documentation page says, for tests that do it to the letter. */
export interface Page {
  /** The block under a heading that has these words in its first lines: the file it is, mostly. */
  take(words: string, heading?: string): Block;
  /** Writes the block into the machine as the file that its first lines name; or as `path`. */
  install(machine: Machine, words: string, options?: { readonly heading?: string; readonly path?: string }): void;
  /** Where the blocks are that no test took. */
  untried(): string[];
}

export function openPage(page: string): Page {
  const all = blocks(page);
  const tried = new Set<Block>();
  const take: Page['take'] = (words, heading) => {
    const found = all.filter((block) => head(block).includes(words) && (heading === undefined || block.heading === heading));
    const [block] = found;
    if (block === undefined || found.length > 1) throw new Error(`${page} has ${found.length} blocks with '${words}' under '${heading}'`);
    tried.add(block);
    return block;
  };
  return {
    take,
    install(machine, words, { heading, path } = {}) {
      const block = take(words, heading);
      const [, named = '', mode = '0644'] = /^(?:#|;|\/\/) (\/\S+?)(?:, mode (0\d+))?$/m.exec(head(block)) ?? [];
      machine.write(path ?? named, block.code, Number.parseInt(mode, 8));
    },
    // What is shown on a terminal is run by test/docs.
    untried: () => all.filter((block) => block.language !== 'console' && !tried.has(block)).map(({ line }) => `${page}:${line}`),
  };
}

function head({ code }: Block): string {
  return code.split('\n').slice(0, 3).join('\n');
}
