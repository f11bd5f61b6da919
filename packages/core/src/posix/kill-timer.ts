import { OptionError } from '../errors/option-error.ts';
import { bootClock, CLOCK_BOOTTIME } from './boot-clock.ts';
import { call } from './call.ts';
import { linuxCall } from './system-call.ts';

const cTimerCreate = linuxCall<[clock: number, event: Int32Array, id: Int32Array]>('timer_create');
const cTimerSettime = linuxCall<[id: number, flags: number, time: BigInt64Array, before: number]>('timer_settime');
const cTimerDelete = linuxCall<[id: number]>('timer_delete');

// <asm-generic/siginfo.h>, <linux/time.h>
const SIGEV_SIGNAL = 0;
const TIMER_ABSTIME = 1;
const SIGKILL = 9;

/** A hundred years, in ms: no machine is up for so long. */
const LONGEST = 36_525 * 86_400_000;

/** A deadline of this process that the kernel keeps. */
export interface KillTimer {
  /**
   * The kernel ends this process so many ms after `from`, whatever was pushed before: at once when that time is over.
   * @param milliseconds above 0
   * @param from a time of {@link bootClock}, for a process that may be stopped between that time and this call; default now
   * @throws {OptionError} `ERR_OPTION_RANGE`: no such time
   */
  push(milliseconds: number, from?: number): void;
  /** No deadline, until the next push. */
  disarm(): void;
  /** Gives the timer back to the kernel. Twice is once. */
  close(): void;
}

/**
 * `timer_create(CLOCK_BOOTTIME, SIGKILL)`: ends this process whatever it does: idle, in an endless loop, or stopped by SIGSTOP. Time in which
 * the machine is suspended counts. A child does not inherit it. It is not armed yet.
 * @throws {NodeJS.ErrnoException} `EAGAIN` (RLIMIT_SIGPENDING is used up)
 * @throws {Error} `ERR_KILL_TIMER`: this is the first process of a pid namespace, which no signal of its own ends; `ERR_PLATFORM`
 * @see https://man7.org/linux/man-pages/man2/timer_create.2.html
 */
export function createKillTimer(): KillTimer {
  if (process.pid === 1) throw initSurvives();
  const id = new Int32Array(1);
  // struct sigevent: sigev_value in the first two, then sigev_signo and sigev_notify.
  const event = new Int32Array(16);
  event.set([0, 0, SIGKILL, SIGEV_SIGNAL]);
  call('timer_create', () => cTimerCreate(CLOCK_BOOTTIME, event, id));
  let closed = false;
  const set = (nanoseconds: bigint) => {
    if (closed) throw new Error('The kill timer is closed');
    // struct itimerspec: it_interval, and it_value, seconds and nanoseconds each. A value of 0 disarms it.
    const time = BigInt64Array.of(0n, 0n, nanoseconds / 1_000_000_000n, nanoseconds % 1_000_000_000n);
    call('timer_settime', () => cTimerSettime(id[0]!, TIMER_ABSTIME, time, 0));
  };
  return {
    push: (milliseconds, from = bootClock()) => set(deadlineOf(milliseconds, from)),
    disarm: () => set(0n),
    close: () => {
      if (!closed) call('timer_delete', () => cTimerDelete(id[0]!));
      closed = true;
    },
  };
}

function deadlineOf(milliseconds: number, from: number): bigint {
  if (!(milliseconds > 0 && milliseconds <= LONGEST)) throw new OptionError('milliseconds', 'ms above 0', milliseconds, 'ERR_OPTION_RANGE');
  if (!(from >= 0 && from <= LONGEST)) throw new OptionError('from', 'a time of the boot clock, in ms', from, 'ERR_OPTION_RANGE');
  const deadline = from + milliseconds;
  return BigInt(Math.ceil(deadline * 1e6));
}

/** pid_namespaces(7): signals from inside, SIGKILL too, do not reach its init. */
function initSurvives(): Error {
  return Object.assign(
    new Error(
      'Process 1 cannot have a kill timer: no signal of its own namespace ends it. Start the container with an init (docker run --init)',
    ),
    { code: 'ERR_KILL_TIMER' },
  );
}
