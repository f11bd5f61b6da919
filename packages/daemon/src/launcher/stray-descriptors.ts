import { fstatSync } from 'node:fs';
import { descriptorTable, type HandedDescriptor } from '@daemonium/core/start';
import type { GivenOptions } from '../options/given-options.ts';
import type { Logging } from '../options/logging.ts';
import type { StrayDescriptor } from '../protocol/start-payload.ts';

/** Descriptors that exec leaves open without being asked for. Stage 8 closes them; it knows each by number, device and inode. */
export function strayDescriptors(passed: ReadonlySet<number>): StrayDescriptor[] {
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
export function loggerDescriptors(given: GivenOptions, logging: Logging, inherit: readonly number[]): HandedDescriptor[] {
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
