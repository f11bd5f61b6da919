import { MS_PER_TICK, processStartTicks } from '@daemonium/core/start';

/**
 * Whether a process began before a time.
 * @param time in ms since boot
 * @returns `false` as well if both are in the same clock tick, or there is no such process
 */
export function beganBefore(pid: number, time: number): boolean {
  const began = processStartTicks(pid);
  return began !== null && (began + 1) * MS_PER_TICK < time;
}
