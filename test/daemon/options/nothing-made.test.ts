import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

test('all faults are told at once, and nothing was spawned or created before', async () => {
  const box = sandbox();
  const { stdout, code } = await box.launch('option-faults', { env: { TMPDIR: box.directory } });
  const { lines, ...error } = JSON.parse(stdout) as { lines: string[] };
  expect(error).toEqual({ name: 'OptionError', code: 'ERR_OPTION_VALUE', option: 'workingDirectory' });
  expect(lines.map((line) => /^Option '([^']+)'/.exec(line)?.[1])).toEqual(['workingDirectory', 'umask', 'user', 'signalMap.SIGKILL']);
  expect(code).toBe(0);
  expect(readdirSync(box.directory)).toEqual([]);
});
