import { processStartTime } from '@daemonium/core/start';

/** Clock ticks of /proc, USER_HZ. */
const TICK_MS = 10;

/**
 * Whether a process began before a time.
 * @param time in ms since boot
 * @returns `false` as well if both are in the same clock tick, or there is no such process
 */
export function beganBefore(pid: number, time: number): boolean {
  const began = processStartTime(pid);
  return began !== null && (began + 1) * TICK_MS < time;
}
