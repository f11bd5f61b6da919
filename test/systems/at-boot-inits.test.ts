import { describe, expect, inject, test } from 'vitest';
import { statOf } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { answerOf, commandsOf, STOPPED, WEB } from './at-boot.ts';
import { boot, reboot } from './machine.ts';

/** Without what Debian's own packages start, which would change settings of the kernel that are everybody's. */
const OPENRC = ['/bin/bash', '-c', "find /etc/runlevels -type l ! -name 'daemonium-*' -delete; exec /sbin/openrc-init"];
// Debian's stage 2 runs the scripts of SysV first, through a program that misses the end of its child now and then, and waits for 90 s then.
const RUNIT_SERVICES =
  "find /etc/runit/runsvdir/default -type l ! -name 'daemonium-*' -delete; touch /etc/runit/no.emulate.sysv; exec /sbin/runit";
const RUNIT = ['/bin/bash', '-c', RUNIT_SERVICES];

const { run, listed, runsAnew } = commandsOf(null);
const START = 'start /srv/web.cjs --name web --ready listening --env ANSWER=three';

describe.skipIf(inject('noMachine'))('at boot by another init than systemd, over its reboots', () => {
  test('OpenRC: what daemonium install has put there starts and ends with the machine; uninstall stops it', {
    timeout: 180_000,
  }, async () => {
    const box = sandbox();
    let m = await boot(box, OPENRC);
    const inDefault = async () => (await m.sh('test ! -e /run/openrc/rc.starting && cat /run/openrc/softlevel')).stdout === 'default';
    await until(inDefault, { what: `the runlevel; ${m.console.stderr}`, interval: 50 });
    m.write('/srv/web.cjs', WEB);
    await run(m, `${START} --respawn`);
    const first = await listed(m);
    expect(await run(m, 'install web')).toContain('web is installed: openrc starts it at boot');
    expect(await listed(m)).toEqual({ ...first, boot: 'openrc' });
    expect(await run(m, 'stop web')).toContain(`web stopped, pid ${first.pid}`);
    await m.ok('rc-service daemonium-web start; rm /root/ends');

    m = await reboot(box, m, 'openrc-shutdown -r now');
    const second = await runsAnew(m);
    expect(m.read('/root/ends')).toBe('in good order\n');
    expect(await answerOf(m)).toBe('three');
    await until(async () => (await m.sh('rc-service daemonium-web status')).stdout.includes(`web is running, pid ${second},`), {
      what: 'the end of the start',
      interval: 50,
    });
    // `respawn` is the daemon's own here.
    await m.ok(`kill -9 ${second}`);
    const third = await runsAnew(m, second);
    expect(statOf(statOf(m.pidHere(third)).ppid).comm).toBe('sh');

    await run(m, 'uninstall web');
    expect(await listed(m)).toEqual(STOPPED);
    expect(m.nodes()).toEqual([]);
    m = await reboot(box, m, 'openrc-shutdown -r now');
    await until(inDefault, { what: 'the runlevel', interval: 50 });
    expect(await listed(m)).toEqual(STOPPED);
    expect(await m.ok('find /etc/init.d /etc/runlevels /run/openrc -name "*daemonium*"')).toBe('');
  });

  test('runit: what daemonium unit has printed starts and ends with the machine', { timeout: 120_000 }, async () => {
    const box = sandbox();
    let m = await boot(box, RUNIT);
    await until(async () => (await m.sh('pgrep -x runsvdir')).code === 0, { what: 'stage 2', interval: 50 });
    m.write('/srv/web.cjs', WEB);
    await run(m, START);
    await run(m, 'stop web');
    m.write('/etc/sv/daemonium-web/run', await run(m, 'unit web --for runit'), 0o755);
    await m.ok('ln -s /etc/sv/daemonium-web /etc/service/');
    const first = await runsAnew(m);
    expect(await listed(m)).toEqual({ state: 'running', pid: first, boot: 'runit' });
    await m.ok('rm /root/ends');

    m = await reboot(box, m, '/lib/runit/runit-init 6');
    const second = await runsAnew(m);
    expect(m.read('/root/ends')).toBe('in good order\n');
    expect(statOf(statOf(m.pidHere(second)).ppid).comm).toBe('runsv');
    expect(await answerOf(m)).toBe('three');
    await m.ok(`kill -9 ${second}`);
    await runsAnew(m, second);
    await m.ok('sv -w 15 force-stop daemonium-web; rm /etc/service/daemonium-web');

    m = await reboot(box, m, '/lib/runit/runit-init 6');
    await until(async () => (await m.sh('pgrep -x runsvdir')).code === 0, { what: 'stage 2', interval: 50 });
    // Its host ended it, and the kernel's own boot is still the same: the state tells nothing here.
    expect(await listed(m)).toMatchObject({ pid: null, boot: null });
    expect(m.nodes()).toEqual([]);
  });
});
