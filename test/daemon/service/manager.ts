import { chmodSync } from 'node:fs';
import type { Launched } from '../../helpers/launch.ts';
import type { Sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

export interface Receiver {
  readonly address: string;
  texts(): string[];
  /** Waits for the n-th message. */
  nth(count: number): Promise<string[]>;
  readonly launched: Launched;
}

/** A service manager that listens, and what it has heard. */
export async function manager(box: Sandbox, kind: 'path' | 'abstract' = 'path'): Promise<Receiver> {
  const address = kind === 'path' ? box.path('notify') : `@daemonium-${box.token}`;
  const launched = box.spawn('life-notify-receiver', { args: [address] });
  // What it is writing has no newline yet.
  const lines = () => launched.stdout.split('\n').slice(1, -1);
  const texts = () => lines().map((line) => JSON.parse(line) as string);
  await until(() => launched.stdout.startsWith('bound\n'), { what: `the receiver; ${launched.stderr}` });
  // Everybody may write to systemd's.
  if (kind === 'path') chmodSync(address, 0o777);
  return {
    address,
    launched,
    texts,
    nth: async (count) => {
      await until(() => texts().length >= count, { what: `${count} messages, after ${JSON.stringify(texts())}` });
      return texts();
    },
  };
}
