import { expect } from 'vitest';
import type { Failure, Told } from '../../fixtures/start-report.ts';
import type { Finished } from '../../helpers/launch.ts';

export type { Failure, Told };

/** The lines a launcher printed with the fixtures' `tell()`. */
export function allTold({ stdout, stderr, code }: Finished): Told[] {
  expect({ stderr, code }, stdout).toEqual({ stderr: '', code: 0 });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
}

export function toldBy(launcher: Finished): Told {
  const [told] = allTold(launcher);
  if (told === undefined) throw new Error('The launcher said nothing');
  return told;
}

export function failureOf(launcher: Finished): Failure & Omit<Told, 'failure'> {
  const { failure, ...rest } = toldBy(launcher);
  if (failure === undefined) throw new Error(`The start worked: ${launcher.stdout}`);
  return { ...rest, ...failure };
}
