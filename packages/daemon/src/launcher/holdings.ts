import { core } from '../internal/core.ts';
import { removeLeftFiles } from '../sockets/left-files.ts';
import type { StartRecipe } from './spawn-plan.ts';

type Recipe = Pick<StartRecipe, 'facts' | 'lock' | 'sockets' | 'respawn' | 'plan' | 'succession'>;

/** How long a process that has closed its line may take to end, in ms. */
const ENDING_MS = 1_000;

/** The lock, the sockets and the state file, which a start holds until its end. The daemon gets all of it, or none of it stays. */
export class StartHoldings {
  readonly #recipe: Recipe;

  constructor(recipe: Recipe) {
    this.#recipe = recipe;
  }

  /** The daemon has it. */
  handOver(): void {
    const { lock, sockets } = this.#recipe;
    lock.forget();
    sockets.forget();
  }

  /** There is no daemon. As long as the lock is held, no other process has files of these names. @param wasSpawned there was one, with a state file */
  giveBack(wasSpawned: boolean): void {
    const { lock, sockets } = this.#recipe;
    sockets.discard();
    if (wasSpawned && lock.path !== null) this.#removeState(lock.path);
    lock.giveBack();
  }

  /** The daemon is killed, and may not be gone yet: the lock stays until it is, and so does the file, emptied. */
  abandon(): void {
    const { lock, sockets } = this.#recipe;
    sockets.discard();
    if (lock.path !== null) this.#removeState(lock.path);
    lock.empty();
  }

  /**
   * The daemon has ended right after its release. One that is busy in the first turn of `run()` cannot hear of that release, and leaves its
   * files to this process.
   */
  async tidyUp(): Promise<void> {
    const { lock, facts } = this.#recipe;
    if (lock.path === null || !(await core().waitUntilFree(lock.path, { timeout: ENDING_MS }))) return;
    removeLeftFiles(lock.path, facts.given);
  }

  #removeState(pidFile: string): void {
    const { respawn, plan, succession } = this.#recipe;
    // The daemon that goes on has it.
    if (succession !== null) return;
    if (plan.lease !== null) core().giveBackLeaseState(pidFile);
    else if (respawn !== null) core().removeStateOf(pidFile);
  }
}
