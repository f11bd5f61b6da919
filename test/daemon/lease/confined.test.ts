import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Lease } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { postgres } from '@daemonium/lease/postgres';
import { describe, expect, onTestFinished, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import { isRunning, observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { noServers } from '../../servers/available.ts';
import { startEtcd } from '../../servers/etcd.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { host, newKey } from './host.ts';

const ENGINES = {
  postgres: async (box: ReturnType<typeof sandbox>) => (await startPostgres(box)).url,
  etcd: async (box: ReturnType<typeof sandbox>) => (await startEtcd(box))[0]!.url,
};

describe.skipIf(noServers || notRoot)('rootDirectory', () => {
  test.each(['postgres', 'etcd'] as const)(
    '%s: a daemon leads in a jail in which there is nothing, and releases at its end',
    async (engine) => {
      const box = sandbox();
      const url = await ENGINES[engine](box);
      const rootDirectory = box.path('jail');
      // The program writes by the same path, which is another place in the jail.
      const inside = `${rootDirectory}${box.path('web-1')}`;
      mkdirSync(inside, { recursive: true, mode: 0o777 });
      await box.launch('', { executable: 'chown', args: ['-R', String(OTHER), rootDirectory] });
      const key = newKey();
      const one = host(box, 'web-1', { engine, url, key, options: { rootDirectory, user: OTHER } });
      expect(await one.start()).toMatchObject({ code: 0, stderr: '' });
      const pid = await until(() => one.pid() || undefined, { what: 'the pid' });
      const events = () => (existsSync(`${inside}/events`) ? readFileSync(`${inside}/events`, 'utf8') : '');
      await until(() => /^run \d+ true$/m.test(events()), { what: `run(); ${one.text('stderr')}` });
      expect(observe(pid)).toMatchObject({ root: rootDirectory, uids: [OTHER, OTHER, OTHER, OTHER] });
      process.kill(pid, 'SIGTERM');
      await until(() => !isRunning(pid), { what: 'the end' });
      expect(events()).toMatch(/settled\nexit 0\n$/);
      const lease = new Lease(key, engine === 'postgres' ? postgres(url) : etcd(url));
      onTestFinished(() => lease[Symbol.asyncDispose]());
      expect(await lease.look()).toBeNull();
    },
  );
});

/** As if it were not installed. */
const NO_PG = `export const resolve = (name, context, next) => {
  if (name === 'pg') throw Object.assign(new Error("Cannot find package 'pg'"), { code: 'ERR_MODULE_NOT_FOUND' });
  return next(name, context);
};`;

test.each([true, false])(
  'without the package pg (detached: %j) the start fails before its first stage, and nothing is left',
  async (detach) => {
    const box = sandbox();
    writeFileSync(box.path('hook.mjs'), NO_PG);
    writeFileSync(
      box.path('register.mjs'),
      `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(box.path('hook.mjs')))});`,
    );
    const one = host(box, 'web-1', { engine: 'postgres', url: 'postgres://127.0.0.1:1/db', key: 'key', options: { detach } });
    const { code, stderr } = await one.start({ execArgv: ['--import', box.path('register.mjs')] });
    expect(code).toBe(1);
    expect(stderr).toContain("LeaseFailedError: Cannot load the client of the lease 'key': Cannot find package 'pg' (npm install pg)");
    expect(readdirSync(one.directory).filter((file) => file !== 'stderr' && file !== 'events')).toEqual([]);
  },
);
