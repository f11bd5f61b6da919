import { fstatSync } from 'node:fs';
import { descriptorTable, type HandedDescriptor } from '@daemonium/core/start';
import type { Context } from '../context.ts';
import type { StartPayload } from '../wire/report.ts';

/** What exec leaves open beside what is passed on purpose: stage 8 closes it, and knows it by number, device and inode. */
export function leaks(passed: ReadonlySet<number>): StartPayload['leaks'] {
  return descriptorTable().flatMap(({ fd, closeOnExec }) => {
    if (fd <= 2 || closeOnExec || passed.has(fd)) return [];
    try {
      const { dev, ino } = fstatSync(fd, { bigint: true });
      return [[fd, String(dev), String(ino)] as const];
    } catch {
      return [];
    }
  });
}

/** The files under the loggers that cross, so that the daemon goes on in them although it may not open them any more. */
export function loggerDescriptors({ given, logging }: Context, inherit: readonly number[]): HandedDescriptor[] {
  if (logging === null) return [];
  const loggers = [given.logger, ...(given.inheritFiles ?? [])].filter((item) => logging.isLogger(item));
  return loggers
    .flatMap((logger) => logging.loggerFiles(logger))
    .flatMap(({ path, fd }) => {
      if (!inherit.includes(fd)) return [];
      const { dev, ino } = fstatSync(fd);
      return [{ path, fd, dev, ino }];
    });
}
