import { describe, expect, inject, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { boot, bootSystemd } from './machine.ts';
import { openPage } from './page.ts';

const page = openPage('docs/logging.md');
const readme = openPage('README.md');

/** Logs numbers, each once. */
const APP = `
import { control, Daemon } from '@daemonium/daemon';
import { fileLogger } from '@daemonium/logging';

const logger = fileLogger({ path: '/var/log/app/app.log' });
const app = new Daemon({
  name: 'app',
  user: 'app',
  pidFile: '/run/app.pid',
  logger,
  target() {
    let number = 0;
    setInterval(() => logger.info({ number: number++ }), 2);
  },
});
await control(app);
`;

const RSYSLOG = `
module(load="imuxsock")
module(load="imfile")
input(type="imfile" File="/var/log/app/app.log*" Tag="app" addMetadata="off" reopenOnTruncate="on")
template(name="whole" type="string" string="%msg%\\n")
if $programname == "app" then action(type="omfile" file="/var/log/imported" template="whole")
*.* action(type="omfile" file="/var/log/all")
`;

describe.skipIf(inject('noMachine'))('logrotate and rsyslog', () => {
  test('the block of the page: three rotations of a daemon that dropped root, and no line is lost; rsyslog follows each file', async () => {
    const m = await boot(sandbox());
    const { code } = page.take('/var/log/app/app.log {');
    // Without days between the rotations, and readable afterwards.
    m.write('/etc/logrotate.d/app', code.replace('  compress\n', '  nocompress\n'));
    m.write('/srv/app/app.mjs', APP);
    m.write('/etc/rsyslog-test.conf', RSYSLOG);
    await m.ok('useradd --system app; install -d -o root -g app -m 0750 /var/log/app; node /srv/app/app.mjs start');
    m.spawn('exec rsyslogd -n -f /etc/rsyslog-test.conf', { deadline: 60_000 });
    const numbers = async (files: string) =>
      (await m.sh(`cat ${files}`)).stdout
        .split('\n')
        .flatMap((line) => (/"number":(\d+)/.exec(line)?.[1] === undefined ? [] : [Number(/"number":(\d+)/.exec(line)?.[1])]));
    const imported = async (number: number) =>
      until(async () => (await numbers('/var/log/imported')).includes(number), {
        what: `line ${number} in rsyslog's file`,
        deadline: 30_000,
        interval: 100,
      });
    for (let round = 1; round <= 3; round++) {
      await until(async () => (await numbers('/var/log/app/app.log')).length > 5, { what: 'lines in the log', interval: 50 });
      // A line of each file is in rsyslog's, or it would never have seen the file.
      await imported((await numbers('/var/log/app/app.log'))[0] ?? 0);
      await m.ok('logrotate -f /etc/logrotate.d/app');
      expect(await m.ok('stat -c "%U %G %a" /var/log/app/app.log')).toBe('app app 640');
    }
    await until(async () => (await numbers('/var/log/app/app.log')).length > 5, { what: 'lines in the last log', interval: 50 });
    expect(await m.ok('node /srv/app/app.mjs stop')).toMatch(/^app stopped/);
    const all = await numbers('/var/log/app/app.log.3 /var/log/app/app.log.2 /var/log/app/app.log.1 /var/log/app/app.log');
    expect(all).toEqual(all.map((_, index) => index));
    // rsyslog itself may lose what came between the rename and the signal: the page says so.
    await imported(all.length - 1);
    // Of a daemon that does not run a rotation is no failure.
    await m.ok('logrotate -f /etc/logrotate.d/app');
  });

  test('copytruncate loses lines, as the page says, and nothing else: no line is torn or written twice, and no hole is left', async () => {
    const m = await boot(sandbox());
    m.write('/etc/logrotate.d/app', '/var/log/app/app.log {\n  copytruncate\n  rotate 1\n}\n');
    m.write('/srv/app/app.mjs', APP);
    await m.ok('useradd --system app; install -d -o root -g app -m 0750 /var/log/app; node /srv/app/app.mjs start');
    const lines = async (file: string) => (await m.ok(`cat ${file}`)).split('\n');
    await until(async () => (await lines('/var/log/app/app.log')).length > 500, { what: 'a long log', interval: 50 });
    await m.ok('logrotate -f /etc/logrotate.d/app');
    const before = (await lines('/var/log/app/app.log.1')).length;
    await until(async () => (await lines('/var/log/app/app.log')).length > 5, { what: 'lines in the truncated log', interval: 50 });
    expect(await m.ok('node /srv/app/app.mjs stop')).toMatch(/^app stopped/);
    const all = (await lines('/var/log/app/app.log.1 /var/log/app/app.log')).map((line) => (JSON.parse(line) as { number: number }).number);
    expect(all.length).toBeGreaterThan(before);
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
    expect(all.slice(0, before)).toEqual(Array.from({ length: before }, (_, index) => index));
  });

  test('the block of the README: the shop writes on into the new file', async () => {
    const m = await boot(sandbox());
    readme.install(m, '# /etc/logrotate.d/shop');
    readme.install(m, '// shop.mjs', { path: '/srv/shop/shop.mjs' });
    await m.ok('node /srv/shop/shop.mjs start');
    await m.ok('logrotate -f /etc/logrotate.d/shop');
    expect(await m.ok('node /srv/shop/shop.mjs stop')).toMatch(/^shop stopped/);
    const messages = async (file: string) => [...(await m.ok(`cat ${file}`)).matchAll(/"msg":"(\w+)"/g)].map(([, word]) => word);
    expect(await messages('/srv/shop/shop.log.1')).toEqual(['open']);
    expect(await messages('/srv/shop/shop.log')).toEqual(['closed']);
    // Of one that does not run a rotation is no failure.
    await m.ok('logrotate -f /etc/logrotate.d/shop');
  });

  test('an error that ends a daemon without a log goes to syslog, under its name', async () => {
    const m = await boot(sandbox());
    m.write('/etc/rsyslog-test.conf', RSYSLOG);
    m.spawn('exec rsyslogd -n -f /etc/rsyslog-test.conf', { deadline: 60_000 });
    await until(async () => (await m.sh('test -S /dev/log')).code === 0, { what: '/dev/log', interval: 20 });
    await m.ok('mkdir /run/service; MODE=crashes node /checkout/test/fixtures/dist/systems-service.js start');
    await until(async () => /service\[\d+\]: .*Error: the ship sank/.test((await m.sh('cat /var/log/all')).stdout), {
      what: 'the error',
      interval: 50,
    });
    expect(await m.sh('test -e /run/service/service.pid')).toMatchObject({ code: 1 });
  });
});

/** Fails at a signal. */
const MAIL = `
import { once } from 'node:events';
import { control, Daemon } from '@daemonium/daemon';

async function target() {
  await once(this, 'reload');
  throw new RangeError('no letters');
}
await control(new Daemon({ name: 'mail', pidFile: '/run/mail.pid', detach: true, target }));
`;

describe.skipIf(inject('noSystemd'))('a daemon that disappeared', () => {
  test('what the page has a reader type shows its last words', async () => {
    const disappeared = openPage('docs/my-daemon-disappeared.md');
    const m = await bootSystemd(sandbox());
    m.write('/srv/mail/mail.mjs', MAIL);
    await m.ok('node /srv/mail/mail.mjs start; node /srv/mail/mail.mjs reload');
    await until(async () => (await m.sh('node /srv/mail/mail.mjs status')).code === 3, { what: 'the end of the daemon', interval: 100 });
    const { stdout } = await m.sh(`cd /srv/mail\njournalctl --sync\n${disappeared.take('node mail.mjs status').code}`);
    expect(stdout).toMatch(/^mail is not running\n3\n/);
    expect(stdout).toMatch(/mail\[\d+\]: run\(\) failed: RangeError: no letters/);
  });
});
