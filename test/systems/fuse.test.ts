import { describe, expect, inject, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { boot, type Machine } from './machine.ts';
import { SERVICE } from './systemd.ts';

const DAEMONIUM = 'node /checkout/packages/cli/dist/main.js';

/** A daemon that names no pid file. */
const APP = `
import { control, Daemon } from '@daemonium/daemon';

await control(new Daemon({ name: 'app', target: () => void setInterval(() => {}, 60_000) }));
`;

/** Mounts the directory `/tmp/there` somewhere by sshfs, as files of `owner`. */
async function mountBySsh(m: Machine, at: string, owner: string): Promise<void> {
  await m.ok(
    'ssh-keygen -q -t ed25519 -N "" -f /root/key; mkdir -p -m 700 /root/.ssh; cp /root/key.pub /root/.ssh/authorized_keys; mkdir /run/sshd',
  );
  m.spawn('exec /usr/sbin/sshd -D -p 2222', { deadline: 60_000 });
  const options = `IdentityFile=/root/key,StrictHostKeyChecking=no,allow_other,uid=$(id -u ${owner}),gid=$(id -g ${owner})`;
  await m.ok(`mkdir /tmp/there; mkdir -p ${at}`);
  await until(async () => (await m.sh(`sshfs -p 2222 -o ${options} 127.0.0.1:/tmp/there ${at}`)).code === 0, {
    what: 'sshfs',
    interval: 100,
  });
}

describe.skipIf(inject('noMachine'))('on FUSE, whose locks are the affair of each mount', () => {
  test('a pid file there is refused, as on a network file system', async ({ skip }) => {
    const m = await boot(sandbox());
    skip((await m.sh('test -c /dev/fuse')).code !== 0, 'no /dev/fuse here');
    await mountBySsh(m, '/tmp/here', 'root');
    const refused = await m.sh(`OPTIONS='{"pidFile":"/tmp/here/service.pid"}' node ${SERVICE} start`);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/\/tmp\/here\/service\.pid.*fuse/is) });
    expect(await m.ok('ls -A /tmp/there')).toBe('');
    await until(() => m.nodes().length === 0, { what: 'the end of all of them' });
  });

  test('a home there: the locks of daemons that name none are in /tmp, for the script and for the command', async ({ skip }) => {
    const m = await boot(sandbox());
    skip((await m.sh('test -c /dev/fuse')).code !== 0, 'no /dev/fuse here');
    await m.ok('useradd -M -d /home/ann ann');
    await mountBySsh(m, '/home/ann', 'ann');
    m.write('/srv/app.mjs', APP);
    m.write('/srv/web.cjs', 'setInterval(() => {}, 60_000);\n');
    const locks = `/tmp/daemonium-${await m.ok('id -u ann')}`;
    const asAnn = (words: string) => m.sh(`runuser -u ann -- env HOME=/home/ann ${words}`);

    expect(await asAnn('node /srv/app.mjs start')).toMatchObject({ code: 0, stderr: '' });
    const pid = await m.readPid(`${locks}/app.pid`);
    expect(await m.ok(`stat -c '%U %a' ${locks}`)).toBe('ann 700');
    expect(await asAnn('node /srv/app.mjs start')).toMatchObject({ code: 0, stdout: `app is already running, pid ${pid}\n` });

    expect(await asAnn(`${DAEMONIUM} start /srv/web.cjs`)).toMatchObject({ code: 0, stderr: '' });
    const web = await m.readPid(`${locks}/web.pid`);
    expect(m.nodes().sort()).toEqual([pid, web].map((each) => m.pidHere(each)).sort());
    // What is written down is at home; what is locked is not.
    expect(await m.ok("find /tmp/there -name '*.json' -o -name '*.pid' -o -name '*.lock'")).toMatch(/^\S+\/web\.json$/);

    for (const stop of ['node /srv/app.mjs stop', `${DAEMONIUM} stop web`]) expect(await asAnn(stop), stop).toMatchObject({ code: 0 });
    await until(() => m.nodes().length === 0, { what: 'the end of both' });
  });
});
