import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../helpers/sandbox.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The path of a built example, `examples/NAME.ts`, in the sandbox: what it makes beside itself is made there. Start it with `cwd: '/'`, because
 * none may depend on the directory that it is started from.
 */
export function example(box: Sandbox, name: string): string {
  if (!existsSync(box.path('node_modules'))) {
    symlinkSync(join(root, 'node_modules'), box.path('node_modules'));
    cpSync(join(root, 'examples/dist'), box.directory, { recursive: true });
  }
  return box.path(`${name}.js`);
}
