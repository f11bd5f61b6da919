// The target of 06-module-target.ts: its default export is called with `args`, and `kwargs` last.
import { setTimeout as pause } from 'node:timers/promises';
import type { Daemon } from '@daemonium/daemon';

export default async function count(this: Daemon, from: number, interval: number, { label }: { label: string }): Promise<void> {
  for (let number = from; !this.shutdown.aborted; number++) {
    console.log(`${label} ${number}`);
    await pause(interval);
  }
}
