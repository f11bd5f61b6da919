import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

/** `node .ci/supervisors.mjs` installs those that are missing, from the packages of Debian. */
const missing = (program: string) => !(process.env['PATH'] ?? '').split(':').some((directory) => existsSync(`${directory}/${program}`));
const canUnshare = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

/** What each of them is given, as docs/supervisors.md has it, and how it is told to end the service. */
const SUPERVISORS = [
  { program: 'runsv', args: ['service'], stop: ['sv', '-w', '15', 'force-stop', './service'] },
  { program: 's6-supervise', args: ['service'], stop: ['s6-svc', '-wd', '-d', 'service'] },
  { program: 'supervise', args: ['service'], stop: ['svc', '-d', 'service'] },
  { program: 'supervisord', args: ['-c', 'supervisord.conf'], stop: ['supervisorctl', '-c', 'supervisord.conf', 'stop', 'service'] },
] as const;

function serviceFiles(box: Sandbox): string[] {
  const command = [process.execPath, fixture('host-supervised'), box.directory];
  spawnSync('mkdir', [box.path('service')]);
  writeFileSync(box.path('service/run'), `#!/bin/sh\nexec ${command.join(' ')}\n`);
  chmodSync(box.path('service/run'), 0o755);
  const socket = box.path('socket');
  writeFileSync(
    box.path('supervisord.conf'),
    `[supervisord]\nnodaemon=true\npidfile=${box.path('supervisord.pid')}\nlogfile=${box.path('supervisord.log')}
[unix_http_server]\nfile=${socket}\n[supervisorctl]\nserverurl=unix://${socket}
[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:service]\ncommand=${command.join(' ')}\nstopwaitsecs=15\nautorestart=unexpected\n`,
  );
  return command;
}

for (const { program, args, stop } of SUPERVISORS) {
  test.skipIf(missing(program))(
    `under ${program} it stays, and its end is the service's${missing(program) ? ' (not installed)' : ''}`,
    async () => {
      const box = sandbox();
      serviceFiles(box);
      const supervisor = box.spawn('', { executable: program, args });
      const pid = await box.readPid();
      expect(observe(pid)).toMatchObject({ ppid: supervisor.pid });
      const [tool = '', ...words] = stop;
      await box.launch('', { executable: tool, args: words });
      expect(await until(() => readFileSync(box.path('ended'), 'utf8'), { what: "the service's end" })).toBe(`foreground ${pid}`);
    },
  );
}

test.skipIf(missing('supervise-daemon') || !canUnshare)(
  "under supervise-daemon of OpenRC it stays, and its end is the service's",
  async () => {
    const box = sandbox();
    const [node = '', ...args] = serviceFiles(box);
    // It keeps its records in /run and needs the directories that OpenRC makes at boot.
    const prepare = `mount -t tmpfs none /run && mkdir -p /run/openrc/options /run/openrc/daemons /run/openrc/started && export RC_SVCNAME=service`;
    const supervise = `supervise-daemon service --start --retry SIGTERM/15 --pidfile /run/s.pid ${node} -- ${args.join(' ')}`;
    const stop = `supervise-daemon service --stop --pidfile /run/s.pid`;
    const wait = `until [ -s '${box.path('daemon.pid')}' ]; do sleep 0.05; done`;
    const tell = `ps -o ppid= -p $(cat '${box.path('daemon.pid')}') | xargs -I@ cat /proc/@/comm`;
    const { stdout, stderr } = await box.launch('', {
      executable: 'unshare',
      args: ['-m', 'sh', '-c', `${prepare} && ${supervise}; ${wait}; ${tell}; ${stop}`],
    });
    expect(stdout, stderr).toContain('supervise-daemo\n');
    expect(await until(() => readFileSync(box.path('ended'), 'utf8'), { what: "the service's end" })).toMatch(/^foreground \d+$/);
  },
);
