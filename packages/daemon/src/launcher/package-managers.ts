import { basename } from 'node:path';
import { type ProcessPlace, processArguments, processPlace } from '@daemonium/core/start';

/** `/usr/bin/npm`, `npm-cli.js`, `pnpm.cjs`, `yarn-4.1.0.cjs`. */
const MANAGER = /(^|\/)(npm|npx|pnpm|pnpx|yarn|yarnpkg)(-cli)?(-\d[\w.-]*)?(\.[cm]?js)?$/;
/** Package managers replace their command line by a title, such as `npm start`. */
const TITLE = /^(npm|npx|pnpm|yarn) /;
const NODE = /^(node|nodejs)(\d*|-v[\d.]+)$/;
const SHELL = /^(ba|da|a|z|k|mk)?sh$/;
/** How many ancestors are skipped at most. npm scripts that run other npm scripts need some of them; only a loop needs more. */
const DEPTH_MAX = 16;

/**
 * The ancestors from `pid` up that only pass on `npm start`: npm, pnpm, yarn, and the `sh -c` that each of them puts in between.
 * @returns from the nearest to the farthest; none when `pid` is something else
 */
export function skipPackageManagers(pid: number): ProcessPlace[] {
  const skipped: ProcessPlace[] = [];
  for (let next = pid; skipped.length < DEPTH_MAX; ) {
    const found = place(next);
    if (found === null) break;
    skipped.push(...found);
    next = found.at(-1)?.parent ?? 0;
  }
  return skipped;
}

/** A package manager, or the shell of one together with it. */
function place(pid: number): ProcessPlace[] | null {
  const here = pid > 0 ? processPlace(pid) : null;
  if (here === null) return null;
  const words = processArguments(pid);
  if (isManager(words)) return [here];
  if (!isShellCommand(words)) return null;
  const parent = here.parent > 0 && isManager(processArguments(here.parent)) ? processPlace(here.parent) : null;
  return parent === null ? null : [here, parent];
}

function isManager([program = '', ...words]: readonly string[]): boolean {
  if (MANAGER.test(program) || TITLE.test(program)) return true;
  const script = words.find((word) => !word.startsWith('-')) ?? '';
  return NODE.test(basename(program)) && MANAGER.test(script);
}

function isShellCommand([program = '', flag = '']: readonly string[]): boolean {
  return SHELL.test(basename(program)) && flag === '-c';
}
