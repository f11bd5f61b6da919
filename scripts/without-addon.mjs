// `npm run test:koffi`: the tests of everything that makes system calls, with koffi making them, in a copy of the checkout as it was built
// that lacks the addon. Arguments go to Vitest.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Checkout } from '../test/mutants/checkout.mjs';
import { main, runVisibly } from './progress.mjs';

const CALLERS = ['test/core', 'test/logging/adopt', 'test/daemon/stages', 'test/daemon/service', 'test/daemon/remote'];
// So that the copy is removed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
const arguments_ = process.argv.slice(2);

await main(async () => {
  const { directory } = new Checkout();
  for (const arch of ['x64', 'arm64']) rmSync(join(directory, `packages/core/dist/syscall-linux-${arch}.node`), { force: true });
  const vitest = join(directory, 'node_modules/vitest/vitest.mjs');
  const wanted = arguments_.length === 0 ? CALLERS : arguments_;
  // What is said of the addon's own file.
  rmSync(join(directory, 'test/core/posix/addon.test.ts'));
  await runVisibly('Test without the addon', process.execPath, [vitest, 'run', ...wanted], { cwd: directory });
});
