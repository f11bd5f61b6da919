import { describe, expect, inject, test } from 'vitest';
import { statOf } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { boot, type Machine } from './machine.ts';
import { openPage } from './page.ts';

const page = openPage('docs/supervisors.md');
const PID_FILE = '/run/service.pid';

/** What a supervisor is given, and how it is told what to do, as the page has it. */
interface Supervisor {
  readonly name: string;
  /** The words by which its block is found under its heading. */
  readonly words: string;
  readonly heading: string;
  /** Before the supervisor runs. */
  readonly prepare?: string;
  /** The supervisor itself; it stays in the foreground. */
  readonly run: string;
  /** The name of the service's parent, 15 characters of it; `null`: the service detaches. */
  readonly parent: string | null;
  readonly status: readonly [command: string, says: RegExp];
  readonly reload: string;
  readonly stop: string;
  readonly start: string;
}

/** As if OpenRC had booted the machine. */
const OPENRC = `mkdir /run/openrc; cd /run/openrc; touch softlevel
mkdir starting started stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled init.d tmp`;

const SUPERVISORS: readonly Supervisor[] = [
  {
    name: 'runit',
    words: '/etc/sv/service/run',
    heading: 'runit',
    prepare: 'ln -s /etc/sv/service /etc/service/',
    run: 'runsvdir -P /etc/service',
    parent: 'runsv',
    status: ['sv status service', /^run: service: \(pid \d+\)/],
    reload: 'sv hup service',
    stop: 'sv -w 15 force-stop service',
    start: 'sv start service',
  },
  {
    name: 's6',
    words: '/etc/services.d/service/run',
    heading: 's6, and images with s6-overlay',
    prepare: 'echo 15000 > /etc/services.d/service/timeout-kill',
    run: 's6-svscan /etc/services.d',
    parent: 's6-supervise',
    status: ['s6-svstat /etc/services.d/service', /^up \(pid \d+/],
    reload: 's6-svc -h /etc/services.d/service',
    stop: 's6-svc -wd -d /etc/services.d/service',
    start: 's6-svc -u /etc/services.d/service',
  },
  {
    name: 'daemontools',
    words: '/etc/service/service/run',
    heading: 'daemontools',
    run: 'svscan /etc/service',
    parent: 'supervise',
    status: ['svstat /etc/service/service', /up \(pid \d+\)/],
    reload: 'svc -h /etc/service/service',
    stop: 'svc -d /etc/service/service; until svstat /etc/service/service | grep -q ": down"; do sleep 0.05; done',
    start: 'svc -u /etc/service/service',
  },
  {
    name: 'supervisord',
    words: '/etc/supervisor/conf.d/service.conf',
    heading: 'supervisord',
    run: 'supervisord -n -c /etc/supervisor/supervisord.conf',
    parent: 'supervisord',
    status: ['supervisorctl status service', /^service +(RUNNING|STARTING)/],
    reload: 'supervisorctl signal HUP service',
    stop: 'supervisorctl stop service',
    start: 'supervisorctl start service',
  },
  {
    name: 'supervise-daemon of OpenRC',
    words: 'supervisor=supervise-daemon',
    heading: 'OpenRC',
    prepare: OPENRC,
    run: 'rc-service --nodeps service start; sleep infinity',
    parent: 'supervise-daemo',
    status: ['rc-service --nodeps service status', /started/],
    reload: 'rc-service --nodeps service reload',
    stop: 'rc-service --nodeps service stop',
    start: 'rc-service --nodeps service start',
  },
];

async function machineWith(words: string, heading: string): Promise<Machine> {
  const m = await boot(sandbox());
  page.install(m, '// service.mjs', { path: '/srv/service/service.mjs' });
  page.install(m, words, { heading });
  return m;
}

/** Another process than `before` is the service, proved by the lock. */
async function runsAnew(m: Machine, before: number): Promise<number> {
  const said = async () => /is running, pid (\d+)/.exec((await m.sh('node /srv/service/service.mjs status')).stdout)?.[1] ?? '0';
  return until(
    async () => {
      const now = Number(await said());
      return now > 1 && now !== before ? now : undefined;
    },
    { what: 'the service, started again', deadline: 30_000, interval: 50 },
  );
}

const isDown = async (m: Machine): Promise<void> => {
  expect(await m.sh('node /srv/service/service.mjs status')).toMatchObject({ code: 3, stdout: 'service is not running\n' });
  // The verb that a supervisor has stopped it by may still be on its way out.
  await until(() => m.nodes().length === 0, { what: 'the end of all of them' });
};

describe.skipIf(inject('noMachine'))('docs/supervisors.md', () => {
  test.each(SUPERVISORS.map((supervisor) => [supervisor.name, supervisor] as const))(
    'under %s the service stays in the foreground; reload, kill -9, stop and start mean it and no other',
    async (_, { words, heading, prepare = 'true', run, parent, status, reload, stop, start }) => {
      const m = await machineWith(words, heading);
      await m.ok(prepare);
      const supervisor = m.spawn(run, { deadline: 120_000 });
      const first = await m.readPid(PID_FILE);
      expect(statOf(statOf(m.pidHere(first)).ppid).comm).toBe(parent);
      const [ask, says] = status;
      await until(async () => says.test((await m.sh(ask)).stdout), { what: `${ask}; ${supervisor.stderr}`, interval: 50 });

      await m.ok(reload);
      // The signal is in order before any answer: one that it ends is gone by then.
      expect(await m.ok('node /srv/service/service.mjs status')).toContain(`pid ${first},`);

      await m.ok(`kill -9 ${first}`);
      const second = await runsAnew(m, first);
      expect(statOf(statOf(m.pidHere(second)).ppid).comm).toBe(parent);

      await m.ok(stop);
      await isDown(m);
      await m.ok(start);
      await runsAnew(m, second);
      await m.ok(stop);
      await isDown(m);
    },
  );

  test('OpenRC without a supervisor: the service detaches, and the verbs of the script are its own', async () => {
    const m = await machineWith('start() {', 'OpenRC');
    await m.ok(OPENRC);
    const rc = (verb: string) => m.sh(`rc-service --nodeps service ${verb}`);
    expect(await rc('start')).toMatchObject({ code: 0 });
    const pid = await m.readPid(PID_FILE);
    const here = m.pidHere(pid);
    expect(statOf(here)).toMatchObject({ ppid: m.init });
    expect(await rc('status')).toMatchObject({ code: 0, stdout: expect.stringContaining(`is running, pid ${pid}`) });
    await m.ok(`kill -9 ${pid}`);
    await until(() => !m.nodes().includes(here), { what: 'the death' });
    expect(await rc('status')).toMatchObject({ code: 1, stdout: expect.stringContaining('is dead') });
    expect(await rc('restart')).toMatchObject({ code: 0 });
    await runsAnew(m, pid);
    expect(await rc('stop')).toMatchObject({ code: 0 });
    await isDown(m);
  });

  test('monit starts a daemon that detaches, finds it by its pid file, and starts another one after kill -9', async () => {
    const m = await machineWith('/etc/monit/conf.d/service', 'monit');
    m.write('/etc/monit/conf.d/for-the-test', 'set daemon 1\nset httpd unixsocket /run/monit.sock allow monit:monit\n');
    m.spawn('exec monit -I', { deadline: 120_000 });
    const first = await m.readPid(PID_FILE);
    // Until the launcher has ended, the daemon is its shell's.
    await until(() => statOf(m.pidHere(first)).ppid === m.init, { what: 'the end of the launcher' });
    await until(async () => /status +OK/.test((await m.sh('monit status service')).stdout), { what: 'monit status', interval: 50 });
    await m.ok(`kill -9 ${first}`);
    await runsAnew(m, first);
    await m.ok('monit stop service');
    await until(async () => (await m.sh('node /srv/service/service.mjs status')).code === 3, { what: 'the end', interval: 50 });
    await isDown(m);
  });

  test('each block of the page was one of these tests', () => {
    expect(page.untried()).toEqual([]);
  });
});
