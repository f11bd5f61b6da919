import { closeSync, openSync } from 'node:fs';
import { loadFailure } from './load-failure.ts';
import { platform } from './platform.ts';
import { requireBeside } from './require-beside.ts';

type Koffi = typeof import('koffi');
type Library = ReturnType<Koffi['load']>;

let loaded: Koffi | undefined;
let library: Library | undefined;

/**
 * koffi, loaded at the first system call: it costs 6-9 ms, which a process that never makes one need not pay.
 * @throws {Error} `ERR_KOFFI` when it is not there or may not be loaded
 */
export function koffi(): Koffi {
  loaded ??= load();
  return loaded;
}

/** The errno of the last call through koffi. Read it before any other call: that call may change it. */
export function errno(): number {
  return koffi().errno();
}

/** getpwnam(3) and its kin tell "no such user" from a failure by errno alone, so it has to be 0 before. */
export function clearErrno(): void {
  koffi().errno(0);
}

/** A function of the C library, bound when it is first called. */
export function declare<F extends (...args: never[]) => unknown>(prototype: string): F {
  let bound: F | undefined;
  return ((...args: never[]) => {
    bound ??= bind<F>(prototype);
    return bound(...args);
  }) as F;
}

function bind<F>(prototype: string): F {
  library ??= open(koffi());
  return library.func(prototype) as unknown as F;
}

function load(): Koffi {
  platform();
  try {
    return requireBeside('koffi', import.meta.url) as Koffi;
  } catch (cause) {
    throw loadError(cause);
  }
}

function loadError(cause: unknown): Error {
  try {
    // With no descriptor left the failure has many faces (module not found, dlopen failed); this has one.
    closeSync(openSync('/', 'r'));
  } catch (shortage) {
    return shortage as Error;
  }
  return Object.assign(new Error(`Cannot load koffi, which makes the system calls: ${loadFailure('koffi', cause)}`, { cause }), {
    code: 'ERR_KOFFI',
  });
}

const NAMES: Readonly<Record<string, readonly string[]>> = {
  linux: ['libc.so.6', 'libc.so'],
  darwin: ['libSystem.B.dylib'],
};

/** The process itself has libc's symbols, glibc or musl; only a statically linked Node needs the library by name. */
function open(ffi: Koffi): Library {
  const self = ffi.load(null);
  try {
    self.func('int flock(int fd, int operation)');
    return self;
  } catch (cause) {
    for (const name of NAMES[platform()] ?? ['libc.so']) {
      try {
        return ffi.load(name);
      } catch {}
    }
    throw cause;
  }
}
