import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from './sandbox.ts';

const compiler = ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);

/** Why a test that needs a C compiler is left out, or `false`. */
export const noCompiler = compiler === undefined ? 'needs a C compiler (cc, gcc or clang)' : false;

/** Compiles `test/attackers/NAME.c` into the sandbox, and gives the program's path. */
export function compile(box: Sandbox, name: string): string {
  const program = box.path(name);
  const source = fileURLToPath(new URL(`../attackers/${name}.c`, import.meta.url));
  const { status, stderr } = spawnSync(compiler ?? 'cc', ['-O2', '-Wall', '-Werror', '-o', program, source], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${source} cannot be compiled: ${stderr}`);
  return program;
}
