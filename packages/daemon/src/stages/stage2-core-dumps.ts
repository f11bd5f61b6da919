import { type Context, resolved } from '../context.ts';
import { loadCore } from '../wire/core.ts';

/**
 * Stage 2: no core dump, which would hold the process's memory, secrets included. RLIMIT_CORE 0, soft and hard, unless `preventCore` is
 * false. On the usual way the shell in front of the daemon has done it, so that nothing has to be loaded here.
 * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
 */
export async function stage2CoreDumps(context: Context): Promise<void> {
  if (!resolved(context).preventCore || context.coreLimited) return;
  const { RLIMIT_CORE, setrlimit } = await loadCore();
  setrlimit(RLIMIT_CORE, { soft: 0, hard: 0 });
}
