import { symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
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
  // It leads, and then the program begins.
  await until(() => command.log('cron') === 'leads\n', { what: 'the program' });
  expect(await one('cron')).toMatchObject({ lease: { state: 'leading', holder: hostname() } });
  expect(await done('stop', 'cron')).toMatch(/^cron stopped/);
});

test.skipIf(noServers)('a lease of a program with register: true: the host starts it again when it is deposed', async () => {
  const { box, done, program } = commandBox();
  const [member] = await startEtcd(box);
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), box.path('node_modules'));
  const own = program(
    'own.mjs',
    `import { control, Daemon } from '@daemonium/daemon';
    import { Lease } from '@daemonium/lease';
    import { etcd } from '@daemonium/lease/etcd';
    const lease = new Lease('shop/own', etcd('${member!.url}'));
    const daemon = new Daemon({ name: 'own', pidFile: import.meta.dirname + '/own.pid', lease, target: () => { ${IDLE} } });
    await control(daemon, { register: true });`,
  );
  const itself = (verb: string) =>
    box.spawn(own, { args: [verb], env: { HOME: box.path('home'), XDG_STATE_HOME: box.path('state') } }).finished;
  expect(await itself('start')).toMatchObject({ code: 0, stderr: '' });
  expect(await done('unit', 'own', '--for', 'systemd')).toContain('\nRestart=on-failure\n');
  expect(await done('unit', 'own', '--for', 'kubernetes')).toContain('\n  replicas: 2\n');
  expect(await done('describe', 'own')).toMatch(/^lease +\{"key":"shop\/own"\}$/m);
  expect(await itself('stop')).toMatchObject({ code: 0 });
});

test.skipIf(noServers)(
  'step-down: the lease goes to another host when the program has ended; a daemon that would not be started again keeps it',
  async () => {
    const command = commandBox();
    const { box, run, done, one, program } = command;
    const [member] = await startEtcd(box);
    const url = member!.url;
    program('cron.cjs', `const timer = ${IDLE} process.once('SIGTERM', () => { clearInterval(timer); console.log('ended'); });`);
    const lease = (key: string) => ({ key, engine: 'etcd', urlFrom: 'ETCD_URL', duration: 60_000 });
    const daemons = {
      cron: { script: 'cron.cjs', lease: lease('down/cron'), respawn: { delay: 10 } },
      once: { script: 'cron.cjs', lease: lease('down/once') },
      plain: { script: 'cron.cjs' },
    };
    writeFileSync(box.path('daemonium.config.json'), JSON.stringify({ daemons }));
    expect(await run(['start'], { env: { ETCD_URL: url } })).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['cron', 'once']) await until(async () => (await one(name)).lease?.state === 'leading', { what: `${name} to lead` });

    expect(await run(['step-down'])).toMatchObject({ code: 2, stdout: '' });
    expect(await run(['step-down', 'corn'])).toMatchObject({ code: 5, stderr: "no daemon 'corn'; did you mean 'cron'?\n" });
    expect(await run(['step-down', 'plain'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^plain: .* does not lead/),
    });
    const refused = { code: 1, stderr: expect.stringMatching(/^once: Nothing would start this daemon again.*\n$/) };
    expect(await run(['step-down', 'once'])).toMatchObject({ ...refused, stdout: '' });

    const { pid, lease: reign } = await one('cron');
    const next = new Lease('down/cron', etcd(url), { holder: 'web-2' });
    onTestFinished(() => next[Symbol.asyncDispose]());
    const acquiring = next.acquire();
    // Of all, those that lead.
    expect(await run(['step-down', 'all'])).toMatchObject({
      ...refused,
      stdout: `cron has stepped down, pid ${pid}, token ${reign?.token}\n`,
    });
    // Its reign would have lasted for a minute yet.
    await acquiring;
    expect(next.token).toBeGreaterThan(BigInt(reign?.token ?? 0));
    expect(command.log('cron')).toBe('ended\n');
    await until(async () => (await one('cron')).lease?.holder === 'web-2', { what: 'the standby' });
    expect(await one('cron')).toMatchObject({
      state: 'standby',
      restarts: 1,
      lastExit: { code: 75 },
      lease: { token: String(next.token) },
    });
    expect((await one('once')).lease).toMatchObject({ state: 'leading' });
    expect(command.log('once')).toBe('');

    await done('stop', 'all');
    expect(await run(['step-down', 'cron'])).toMatchObject({ code: 7, stdout: '', stderr: 'cron is not running\n' });
    expect(await done('step-down', 'all')).toBe('');
  },
);

test('all faults of a `lease` in the config are told at once', async () => {
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
