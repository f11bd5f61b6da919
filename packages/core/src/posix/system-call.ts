import { declare, errno, koffi } from './libc.ts';
import { type Argument, nativeSyscall } from './native-syscall.ts';
import { type CallName, numberOf } from './syscall-numbers.ts';

type Call<A extends Argument[]> = (...values: A) => number;
type Prototype = `${'int' | 'long'} ${CallName}(${string})`;

/**
 * Loads the code that makes the calls. Otherwise the first call loads it.
 * @throws {Error} `ERR_KOFFI` when there is nothing to make them, `ERR_PLATFORM`
 */
export function loadCalls(): void {
  if (nativeSyscall() === null) koffi();
}

/**
 * A call by its prototype in the C library: made by the addon, or by koffi. It gives the result, or the errno as a negative number.
 * @param variadic the types of the arguments that stand for `...`
 */
export function systemCall<A extends Argument[]>(prototype: Prototype, ...variadic: readonly string[]): Call<A> {
  let bound: Call<A> | undefined;
  return (...values) => {
    bound ??= bind(prototype, variadic);
    return bound(...values);
  };
}

/** A call that not every C library has a function for, by its name on Linux. */
export function linuxCall<A extends Argument[]>(name: CallName): Call<A> {
  return (...values) => (nativeSyscall() ?? syscallByKoffi)(numberOf(name), ...values);
}

function bind<A extends Argument[]>(prototype: Prototype, variadic: readonly string[]): Call<A> {
  const native = nativeSyscall();
  if (native !== null) return native.bind(null, numberOf(/\w+(?=\()/.exec(prototype)?.[0] as CallName));
  const function_ = declare<(...values: unknown[]) => number>(prototype);
  return (...values) => {
    const fixed = values.length - variadic.length;
    return resultOf(function_(...values.slice(0, fixed), ...variadic.flatMap((type, index) => [type, values[fixed + index]])));
  };
}

const cSyscall = declare<(number: number, ...typed: unknown[]) => number>('long syscall(long number, ...)');

function syscallByKoffi(number: number, ...values: Argument[]): number {
  return resultOf(cSyscall(number, ...values.flatMap((value) => [typeof value === 'object' ? 'void *' : 'long', value])));
}

function resultOf(result: number): number {
  return result === -1 ? -errno() : result;
}
