import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const LOADED = "process._rawDebug(process.moduleLoadList.includes('NativeModule internal/fs/streams'));";

// An `import ... from 'node:fs'` would: the build takes the module another way (scripts/node-fs.mjs).
test.each(['@daemonium/core', '@daemonium/core/posix', '@daemonium/core/registry', '@daemonium/daemon', '@daemonium/logging/logger-fds'])(
  '%s does not load the streams of node:fs',
  (name) => {
    const program = `${LOADED} await import('${name}'); ${LOADED}`;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', env: {} });
    expect(stderr).toBe('false\nfalse\n');
  },
);
