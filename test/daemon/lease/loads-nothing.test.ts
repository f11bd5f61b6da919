import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

/** Tells each file that is loaded, by a hook of the ESM loader. */
const HOOK = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\n');
    return next(url, context);
  }
`;

test('a start without a lease loads nothing of it, in the launcher and in the daemon', async () => {
  const box = sandbox();
  writeFileSync(box.path('hook.mjs'), HOOK);
  writeFileSync(
    box.path('register.mjs'),
    `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(box.path('hook.mjs')))});`,
  );
  const env = { LOADED: box.path('loaded') };
  const execArgv = ['--import', box.path('register.mjs')];
  const { code } = await box.launch('life-daemon', { args: ['idle', box.directory], execArgv, env });
  expect(code).toBe(0);
  const loaded = readFileSync(box.path('loaded'), 'utf8').split('\n');
  const ofDaemon = loaded.filter((url) => url.includes('/packages/daemon/dist/')).map((url) => url.replace(/.*\/dist\//, ''));
  // Each of them twice, but for the launcher's own code.
  expect(ofDaemon.toSorted()).toEqual(['daemon.js', 'daemon.js', 'index.js', 'index.js', 'launcher.js']);
  expect(loaded.filter((url) => url.includes('/packages/lease/'))).toEqual([]);
});
