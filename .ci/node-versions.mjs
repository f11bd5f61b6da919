// What depends on the version of Node, on the others. The workflow of GitHub runs the whole suite on each.
import { delimiter, dirname, join } from 'node:path';
import { unlessDownloadFails } from '../scripts/download.mjs';
import { root } from '../scripts/install.mjs';
import { nodeBinary } from '../scripts/node-binary.mjs';
import { main, runVisibly } from '../scripts/progress.mjs';

const PARTS = ['core', 'logging', 'daemon/launcher', 'daemon/program', 'daemon/service', 'daemon/respawn', 'daemon/succession'];
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24', '26'];
await main(async () => {
  // The first version that fails ends the run: its failures are the last lines.
  for (const wanted of versions) await unlessDownloadFails(`the tests on Node ${wanted}`, () => testOn(wanted));
});

async function testOn(wanted) {
  const { binary, version } = await nodeBinary(wanted);
  const env = { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH}` };
  await runVisibly(`Test on Node ${version}`, binary, [join(root, 'scripts/vitest.mjs'), ...PARTS.map((part) => `test/${part}`)], {
    cwd: root,
    env,
  });
}
