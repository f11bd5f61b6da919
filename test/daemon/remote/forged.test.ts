import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { sandbox } from '../../helpers/sandbox.ts';

// As root, some of the files are locked by another user.
test.skipIf(process.getuid?.() === 0 && notRoot)(
  '1,000 forged pid files: no signal is sent, and each error is the right one',
  { timeout: 100_000 },
  async () => {
    const box = sandbox();
    const bench = fileURLToPath(new URL('../../../bench/forged-pid-files.mjs', import.meta.url));
    const { stdout, stderr, code } = await box.launch(bench, { env: { TMPDIR: box.directory }, deadline: 90_000 });
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/files: 1000,/);
    expect(stdout).toMatch(/'signals sent': 0,\s*'wrong errors': 0\b/);
  },
);
