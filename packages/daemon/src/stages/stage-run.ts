import { DaemonError } from '../errors.ts';
import { stageName } from './stage-names.ts';

/** Which of one daemon's stages have run: each once, in order, overridden or not. */
export class StageRun {
  readonly #call: (stage: number) => unknown;
  readonly #begun = new Set<number>();
  readonly #done = new Set<number>();
  #current: number | null = null;
  #failed = false;

  /** @param call runs one stage */
  constructor(call: (stage: number) => unknown) {
    this.#call = call;
  }

  /** The stage at work, for errors. */
  get current(): number | null {
    return this.#current;
  }

  get hasBegun(): boolean {
    return this.#begun.size > 0;
  }

  isDone(stage: number): boolean {
    return this.#done.has(stage);
  }

  /**
   * Runs the stages up to `last` that have not run yet.
   * @throws {DaemonError} `ERR_STAGE_AT_WORK`
   */
  async runTo(last: number, onDone: (stage: number) => void): Promise<void> {
    for (let stage = 1; stage <= last; stage += 1) {
      if (this.#done.has(stage)) continue;
      if (this.#begun.has(stage)) throw this.#unfinished(stage);
      this.#begun.add(stage);
      this.#current = stage;
      try {
        await this.#call(stage);
      } catch (error) {
        this.#failed = true;
        throw error;
      }
      this.#current = null;
      this.#done.add(stage);
      onDone(stage);
    }
  }

  /** @throws {DaemonError} `ERR_STAGE_TWICE` */
  refuseTwice(stage: number): void {
    if (!this.#begun.has(stage)) return;
    throw new DaemonError(`Attempted to run ${stageName(stage)} twice`, { code: 'ERR_STAGE_TWICE', stage });
  }

  #unfinished(stage: number): DaemonError {
    const why = this.#failed ? 'has failed: make another Daemon object to try again' : 'has not finished yet: await it before you go on';
    const name = stageName(stage);
    return new DaemonError(`${name.charAt(0).toUpperCase()}${name.slice(1)} ${why}`, { code: 'ERR_STAGE_AT_WORK', stage });
  }
}
