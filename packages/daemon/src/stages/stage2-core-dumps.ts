import { loadCore } from '../internal/core.ts';
import type { Plan } from '../options/plan.ts';

/**
 * Stage 2: turns core dumps off, because a dump holds the process's memory, secrets included. RLIMIT_CORE becomes 0, soft and hard, unless
 * `preventCore` is false. The shell that starts the daemon has usually set it already, and then nothing is loaded for it here.
 * @param coreLimited the shell has set it
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
 */
export async function stage2CoreDumps({ preventCore }: Pick<Plan, 'preventCore'>, coreLimited: boolean): Promise<void> {
  if (!preventCore || coreLimited) return;
  const { RLIMIT_CORE, setrlimit } = await loadCore();
  setrlimit(RLIMIT_CORE, { soft: 0, hard: 0 });
}
