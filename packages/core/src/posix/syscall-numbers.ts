import { notSupported, platform } from './platform.ts';

/** Calls from Linux 5.1 on have the same number on all architectures. */
const ALIKE = { pidfd_send_signal: 424, pidfd_open: 434 } as const;

/** `<asm/unistd_64.h>` of x86-64. send(3) is the first four arguments of sendto(2); those left out are 0. */
const X64 = {
  ...ALIKE,
  ...{ dup2: 33, socket: 41, connect: 42, send: 44, getsockopt: 55, fcntl: 72, flock: 73, setrlimit: 160, chroot: 161 },
  ...{ timer_create: 222, timer_settime: 223, timer_delete: 226, clock_gettime: 228 },
} as const;

export type CallName = keyof typeof X64;

/** `<asm-generic/unistd.h>`. For dup2 the number of dup3(2), without flags. */
const ARM64: Readonly<Record<CallName, number>> = {
  ...ALIKE,
  ...{ dup2: 24, fcntl: 25, flock: 32, chroot: 51, setrlimit: 164, socket: 198, connect: 203, send: 206, getsockopt: 209 },
  ...{ timer_create: 107, timer_settime: 110, timer_delete: 111, clock_gettime: 113 },
};

const TABLES: Readonly<Record<string, Readonly<Record<CallName, number>>>> = { x64: X64, arm64: ARM64 };

/** Whether there is an addon for the running system: Linux on x64 and arm64. Android's C library has another errno. */
export function mayHaveAddon(): boolean {
  return process.platform === 'linux' && TABLES[process.arch] !== undefined;
}

/**
 * A call's number on the running system.
 * @throws {Error} `ERR_PLATFORM` where it is not known
 */
export function numberOf(name: CallName, arch: string = process.arch): number {
  const numbers: Partial<Record<CallName, number>> = TABLES[arch] ?? ALIKE;
  const number = platform() === 'linux' ? numbers[name] : undefined;
  if (number !== undefined) return number;
  throw notSupported(`${name}(2) is Linux's, and its number for '${arch}' is not known`);
}
