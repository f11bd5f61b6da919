import { pathsBeside } from './require-beside.ts';
import { mayHaveAddon } from './syscall-numbers.ts';

/** Argument of a system call: an integer, or memory that the kernel reads or writes. */
export type Argument = number | bigint | NodeJS.TypedArray;

/** syscall(2), up to six arguments. The result, or the errno as a negative number. */
export type Syscall = (number: number, ...values: Argument[]) => number;

let loaded: Syscall | null | undefined;

/**
 * The addon of this package (native/syscall.c), looked for once: a hundredth of koffi's size, and of the time to load it.
 * @returns `null`: there is none for this system, none was built, or it may not be loaded; koffi is asked then
 */
export function nativeSyscall(): Syscall | null {
  if (loaded === undefined) loaded = load();
  return loaded;
}

function load(): Syscall | null {
  if (!mayHaveAddon()) return null;
  for (const path of pathsBeside(`syscall-linux-${process.arch}.node`, (import.meta as { readonly url?: string }).url)) {
    const module = { exports: {} };
    try {
      // require() would do the same after half a millisecond of resolving.
      process.dlopen(module, path);
      return module.exports as Syscall;
    } catch {}
  }
  return null;
}
