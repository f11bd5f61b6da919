import type { Launched } from '../helpers/launch.ts';
import { childrenOf } from '../helpers/observe.ts';
import type { Sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { programs } from './available.ts';

/** Longer than any test: the sandbox ends it. */
const FOR_EVER = 2 ** 31 - 1;

/** A server process that can be stopped, frozen and started again with the same data. */
export class Server {
  readonly #box: Sandbox;
  readonly #program: string;
  readonly #args: readonly string[];
  readonly #ids: { uid?: number; gid?: number };
  readonly #isUp: () => Promise<boolean>;
  #process: Launched | undefined;

  constructor(
    box: Sandbox,
    program: string,
    args: readonly string[],
    isUp: () => Promise<boolean>,
    ids: { uid?: number; gid?: number } = {},
  ) {
    this.#box = box;
    this.#program = program;
    this.#args = args;
    this.#isUp = isUp;
    this.#ids = ids;
  }

  /** Resolves when it answers. */
  async start(): Promise<this> {
    const started = this.#box.spawn('', {
      executable: this.#program,
      args: this.#args,
      env: { ...programs.env, ETCD_UNSUPPORTED_ARCH: process.arch },
      deadline: FOR_EVER,
      ...this.#ids,
    });
    this.#process = started;
    const answers = async () => {
      if (started.child.exitCode !== null || started.child.signalCode !== null) return 'ended';
      return (await this.#isUp()) && 'up';
    };
    const state = await until(answers, { what: `${this.#program} to answer`, deadline: 20_000, interval: 20 });
    if (state === 'ended') throw new Error(`${this.#program} ended: ${started.stdout}${started.stderr}`);
    return this;
  }

  get output(): string {
    return `${this.#process?.stdout}${this.#process?.stderr}`;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.child.kill(signal);
  }

  /** Stops it, or lets it go on, with the processes that it has for its connections. */
  freeze(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.#process?.pid ?? 0;
    for (const each of [pid, ...childrenOf(pid)]) if (each > 1) process.kill(each, signal);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.signal(signal);
    await this.#process?.finished;
  }
}
