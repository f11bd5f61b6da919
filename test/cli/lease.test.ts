import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Lease } from '@daemonium/lease';
import { etcd } from '@daemonium/lease/etcd';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import { noServers } from '../servers/available.ts';
import { startEtcd } from '../servers/etcd.ts';
import { commandBox, IDLE } from './command.ts';

test.skipIf(noServers)('a lease in the config file: list and status name the leader, and no declaration has the URL', async () => {
  const command = commandBox();
  const { box, run, done, one, program } = command;
  const [member] = await startEtcd(box);
  const url = member!.url;
  program('cron.cjs', `console.log('leads'); ${IDLE}`);
  const lease = { key: 'shop/cron', engine: 'etcd', urlFrom: 'ETCD_URL', duration: 60_000 };
  writeFileSync(box.path('daemonium.config.json'), JSON.stringify({ daemons: { cron: { script: 'cron.cjs', lease } } }));
  const leader = await new Lease('shop/cron', etcd(url), { holder: 'web-2' }).acquire();
  onTestFinished(() => leader[Symbol.asyncDispose]());

  expect(await run(['start', 'cron'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Option 'lease.urlFrom': expected the name of an environment variable that is set"),
  });
  expect(await run(['start', 'cron'], { env: { ETCD_URL: url } })).toMatchObject({ code: 0, stderr: '' });
  expect(await done('list')).toMatch(/^cron +standby \(web-2 leads\) /m);
  expect(await done('status', 'cron')).toMatch(/^cron is standby \(web-2 leads\), pid \d+/);
  expect(await one('cron')).toMatchObject({
    state: 'standby',
    lease: { key: 'shop/cron', state: 'standby', holder: 'web-2', token: String(leader.token) },
  });
  expect(await run(['start', 'cron'], { env: { ETCD_URL: url } })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('already running'),
  });
  expect(command.log('cron')).toBe('');
  expect(await done('describe', 'cron')).toContain('"urlFrom":"ETCD_URL"');
  expect(JSON.stringify(await one('cron'))).not.toContain(url);

  await leader.release();
  await until(async () => (await one('cron')).state === 'running', { what: 'the daemon to lead' });
  expect(command.log('cron')).toBe('leads\n');
  expect(await one('cron')).toMatchObject({ lease: { state: 'leading', holder: hostname() } });
  expect(await done('stop', 'cron')).toMatch(/^cron stopped/);
});

test('a lease that is none: all faults of the config at once', async () => {
  const { box, run, program } = commandBox();
  program('cron.cjs', IDLE);
  writeFileSync(
    box.path('daemonium.config.json'),
    JSON.stringify({ daemons: { cron: { script: 'cron.cjs', lease: 'shop', stopTimeout: -1 } } }),
  );
  const { code, stderr } = await run(['start', 'cron']);
  expect(code).toBe(2);
  expect(stderr).toContain('daemons.cron.lease: expected { key, engine');
  expect(stderr).toContain('daemons.cron.stopTimeout');
});
