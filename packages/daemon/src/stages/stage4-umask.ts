import type { Plan } from '../options/plan.ts';

/**
 * Stage 4: the file mode creation mask, default 0o077. The mask 0 of daemon(7) would make files that every user can write.
 * @see https://man7.org/linux/man-pages/man2/umask.2.html
 */
export function stage4Umask({ umask }: Pick<Plan, 'umask'>): void {
  process.umask(umask);
}
