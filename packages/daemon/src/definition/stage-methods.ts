import { DaemonError } from '../errors.ts';

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

/** An object with the nine stages as methods. */
export type HasStages = Readonly<Record<`stage${(typeof NUMBERS)[number]}`, () => unknown>>;

/**
 * The stage methods of one daemon object, as its class defines them, and the wrappers that lie over them: called directly, a stage runs the
 * earlier ones first, overridden or not, and `super.stage5()` still means the class above.
 */
export class StageMethods {
  readonly #daemon: HasStages;
  readonly #base: HasStages;
  readonly #methods: ReadonlyMap<number, () => unknown>;
  readonly #wrappers = new Map<number, () => unknown>();

  /**
   * @param base Daemon's prototype: a method that differs from its method is overridden
   * @param act called by a direct call of a stage
   */
  constructor(daemon: HasStages, base: HasStages, act: (stage: number) => Promise<void>) {
    this.#daemon = daemon;
    this.#base = base;
    this.#methods = new Map(NUMBERS.map((stage) => [stage, daemon[`stage${stage}`]]));
    for (const stage of NUMBERS) {
      const value = () => act(stage);
      this.#wrappers.set(stage, value);
      Object.defineProperty(daemon, `stage${stage}`, { value, configurable: true, writable: true, enumerable: false });
    }
  }

  /** Runs a stage's method, overridden or not, without any bookkeeping. */
  call(stage: number): unknown {
    return this.#methods.get(stage)?.call(this.#daemon);
  }

  overrides(stage: number): boolean {
    return this.#methods.get(stage) !== this.#base[`stage${stage as 1}`];
  }

  /**
   * A stage overridden as a field is set after the constructor has looked, and would run without any bookkeeping.
   * @throws {DaemonError} `ERR_STAGE_FIELD`
   */
  refuseFields(): void {
    const field = NUMBERS.find((stage) => this.#daemon[`stage${stage}`] !== this.#wrappers.get(stage));
    if (field === undefined) return;
    throw new DaemonError(`stage${field} is overridden as a field; write it as a method: async stage${field}() { ... }`, {
      code: 'ERR_STAGE_FIELD',
      stage: field,
    });
  }
}
