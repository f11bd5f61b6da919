import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

test('the launcher prints all of the output, also to a pipe that takes only a part at a time', async () => {
  const { stdout, code } = await sandbox().launch('fault-activate');
  expect({ code, length: stdout.length }).toEqual({ code: 0, length: 'launcher\n'.length + 900_000 });
});
