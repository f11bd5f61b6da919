import type { Context } from '../context.ts';

export function notifyReady(_context: Context): void {}
export function notifyStopping(): void {}
