import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../../helpers/sandbox.ts';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const tsx = join(dirname(createRequire(import.meta.url).resolve('tsx/package.json')), 'dist/cli.mjs');

/** A project of its own, with these packages installed. */
export function project(box: Sandbox, files: Record<string, string>): void {
  symlinkSync(join(root, 'node_modules'), box.path('node_modules'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(box.path(name)), { recursive: true });
    writeFileSync(box.path(name), text);
  }
}
