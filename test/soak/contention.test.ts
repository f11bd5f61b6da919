import { expect, test } from 'vitest';
import { contend, WAYS } from '../core/lock/contend.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { partOf } from './part.ts';

const CYCLES = partOf(1_000);

test.each(WAYS.map((way) => [way.where, way] as const))(
  `one owner at a time: 8 processes, ${CYCLES} locks each, no overlap, no lost update, %s`,
  async (_, way) => {
    expect(await contend(sandbox(), way, CYCLES, { deadline: 900_000 })).toEqual({ overlaps: 0, counted: 8 * CYCLES });
  },
);
