import type { Launched } from '../helpers/launch.ts';
import type { Sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import type { HolderOrder } from './fixtures/lease-holder.ts';

export type { HolderOrder };

export interface Said {
  readonly what: string;
  /** By CLOCK_MONOTONIC, which all processes of the machine share, in ms. */
  readonly at: number;
  readonly [name: string]: unknown;
}

/** A process that takes a lease (`test/lease/fixtures/lease-holder.ts`). */
export interface Holder {
  readonly process: Launched;
  readonly pid: number;
  readonly said: readonly Said[];
  /** The first line of that kind, once it is there. */
  hears(what: string): Promise<Said>;
  tell(word: string): void;
  /** SIGKILL, and its end. */
  kill(): Promise<void>;
}

/** The time now, as {@link Said.at} has it. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

export function holder(
  box: Sandbox,
  order: HolderOrder,
  how: { executable?: string; args?: string[]; env?: Record<string, string> } = {},
): Holder {
  const launched =
    how.executable === undefined
      ? box.spawn('lease-holder', { args: [JSON.stringify(order)], stdin: 'pipe', deadline: 60_000, ...(how.env && { env: how.env }) })
      : box.spawn('', { executable: how.executable, args: [...(how.args ?? []), JSON.stringify(order)], stdin: 'pipe', deadline: 60_000 });
  // The streams are closed once all of its output is here.
  let hasEnded = false;
  launched.child.once('close', () => {
    hasEnded = true;
  });
  const lines = () => launched.stdout.split('\n').slice(0, -1);
  const said = () => lines().map((line) => JSON.parse(line) as Said);
  return {
    process: launched,
    pid: launched.pid,
    get said() {
      return said();
    },
    hears: (what) => {
      const heard = () => {
        const found = said().find((each) => each.what === what);
        if (found === undefined && hasEnded) return 'ended' as const;
        return found;
      };
      const told = () => `${launched.stdout}${launched.stderr}`;
      return until(heard, { what: `'${what}' of the holder`, deadline: 20_000, interval: 2 }).then(
        (found) => {
          if (found === 'ended') throw new Error(`The holder ended without '${what}': ${told()}`);
          return found;
        },
        (error: Error) => {
          throw new Error(`${error.message}; it said: ${told()}`);
        },
      );
    },
    tell: (word) => {
      launched.child.stdin?.write(`${word}\n`);
    },
    kill: async () => {
      launched.child.kill('SIGKILL');
      await launched.finished;
    },
  };
}
