import { AlreadyLockedError, OptionError, PidLockFile, pidFilePath, pidLocked } from '@daemonium/core';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

/** What `@decorator` before a method does in TC39's proposal. test/types/options.ts has the syntax, which no Node.js parses yet. */
function decorate(decorator: ReturnType<typeof pidLocked>, type: { prototype: object }, name: string): void {
  const prototype = type.prototype as Record<string, (...args: unknown[]) => unknown>;
  const context = { kind: 'method', name, static: false, private: false } as ClassMethodDecoratorContext<
    unknown,
    (...args: unknown[]) => unknown
  >;
  prototype[name] = decorator(prototype[name] as (...args: unknown[]) => unknown, context);
}

test('each call of the method holds the sealed lock, and keeps it until its promise settles', async () => {
  const path = sandbox().path('x.pid');
  class Job {
    factor = 2;
    async main(count: number): Promise<unknown[]> {
      await new Promise((resolve) => setImmediate(resolve));
      return [this.factor * count, new PidLockFile(path).readPid()];
    }
    now(): number {
      return this.factor;
    }
  }
  decorate(pidLocked(path), Job, 'main');
  decorate(pidLocked(new URL(`file://${path}`)), Job, 'now');
  const job = new Job();
  expect([job.main.name, job.main.length]).toEqual(['main', 1]);
  const first = job.main(3);
  // The lock is the class's, and the file's: another object and another method find it held.
  expect(() => new Job().main(3)).toThrow(AlreadyLockedError);
  expect(() => job.now()).toThrow(AlreadyLockedError);
  expect(await first).toEqual([6, process.pid]);
  expect(job.now()).toBe(2);
  expect(new PidLockFile(path).check()).toBe('missing');
});

test('without a path it is that of the main script', () => {
  const box = sandbox();
  const { argv } = process;
  process.argv = [argv[0] ?? '', box.path(`report-${process.pid}.mjs`)];
  try {
    const path = pidFilePath();
    class Job {
      main(): number | null {
        return new PidLockFile(path).readPid();
      }
    }
    decorate(pidLocked(), Job, 'main');
    expect(new Job().main()).toBe(process.pid);
    expect(new PidLockFile(path).check()).toBe('missing');
  } finally {
    process.argv = argv;
  }
});

test('only methods, and only as TC39 decorates them', () => {
  const anywhere = (...args: unknown[]): unknown => Reflect.apply(pidLocked('/nonexistent/x.pid'), undefined, args);
  const field = { kind: 'field', name: 'x' };
  expect(() => anywhere(undefined, field)).toThrow(expect.objectContaining({ name: 'OptionError', option: 'context', value: field }));
  expect(() => anywhere({}, 'main', {})).toThrow('experimentalDecorators');
  expect(() => Reflect.apply(pidLocked, undefined, [3])('', { kind: 'method' })).toThrow(OptionError);
});
