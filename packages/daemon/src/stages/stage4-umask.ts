import type { Plan } from '../options/plan.ts';

/**
 * Stage 4: the file mode creation mask, default 0o077. 0, as daemon(7) has it, makes files that everybody can write.
 * @see https://man7.org/linux/man-pages/man2/umask.2.html
 */
export function stage4Umask({ umask }: Pick<Plan, 'umask'>): void {
  process.umask(umask);
}
