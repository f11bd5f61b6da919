import { join } from 'node:path';
import { root } from './markdown.ts';

/** An export as the built declarations have it, or a member of one. */
export interface Declaration {
  readonly name: string;
  readonly kind: string;
  readonly doc: string;
  readonly text: string;
  readonly members: readonly Declaration[];
  /** The declaration file. */
  readonly file: string;
}

const load = (file: string): Promise<unknown> => import(join(root, 'docs/api', file));

export const { generate, publicEntries } = (await load('generate.mjs')) as {
  generate(): Record<string, string>;
  publicEntries(): { readonly name: string; readonly types: string; readonly file: string }[];
};
export const { exportsOf } = (await load('declarations.mjs')) as { exportsOf(file: string): Declaration[] };
