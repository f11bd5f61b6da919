import { describe, expect, inject, test } from 'vitest';
import { until } from '../helpers/wait.ts';
import type { Machine } from './machine.ts';
import { bootForAll, journal, mainPid, processesOf, SERVICE, show, untilShown, writeUnit } from './systemd.ts';

describe.skipIf(inject('noSystemd'))('systemd and a service that fails', () => {
  let m: Machine;

  bootForAll(async (machine) => {
    m = machine;
  });

  test('the watchdog lets a healthy service live, and starts a new one instead of one that hangs', async () => {
    const service = ['Type=notify', 'Restart=on-watchdog', 'RestartSec=0', 'WatchdogSignal=SIGKILL', 'TimeoutStopSec=1'];
    // A sign every 2 s: a busy machine may be late by another 2.
    await writeUnit(m, 'service', { service: [...service, 'WatchdogSec=4'] });
    await m.ok('systemctl start service');
    const beat = async () => Number((await show(m, 'service', 'WatchdogTimestampMonotonic'))['WatchdogTimestampMonotonic']);
    const first = await beat();
    // A period on, in which it was not ended.
    await until(async () => (await beat()) > first + 4_000_000, { what: 'four seconds of signs of life', interval: 50 });
    expect(await show(m, 'service', 'NRestarts')).toEqual({ NRestarts: '0' });

    await writeUnit(m, 'service', { mode: 'hangs', unit: ['StartLimitIntervalSec=0'], service: [...service, 'WatchdogSec=1'] });
    await m.ok('systemctl restart service');
    // Each that is started hangs, the one that is found here, too. Between two of them there is none.
    const current = async () => Number((await show(m, 'service', 'MainPID'))['MainPID']);
    const hanging = await until(current, { what: 'a process that hangs', interval: 20 });
    await until(async () => ![0, hanging].includes(await current()), { what: 'a new start', interval: 20 });
    expect(Number((await show(m, 'service', 'NRestarts'))['NRestarts'])).toBeGreaterThan(0);
    expect(await journal(m, 'service')).toContain('Watchdog timeout');
  });

  test.each([
    ['in the foreground', 'foreground', { service: ['Type=notify'] }],
    ['detached', 'start', { options: { detach: true }, service: ['Type=forking', 'PIDFile=/run/service/service.pid'] }],
  ] as const)(
    'kill -9 of a service %s: a new one is there, and the old pid file is no hindrance',
    async (_, verb, { service, ...options }) => {
      await writeUnit(m, 'service', {
        verb,
        ...options,
        service: [...service, 'Restart=on-failure', 'RestartSec=0', 'RuntimeDirectoryPreserve=restart'],
      });
      await m.ok('systemctl start service');
      const first = await m.readPid('/run/service/service.pid');
      expect(await mainPid(m, 'service')).toBe(first);
      await m.ok(`kill -9 ${first}`);
      await untilShown(m, 'service', 'NRestarts', '1');
      await untilShown(m, 'service', 'SubState', 'running');
      const second = await mainPid(m, 'service');
      expect(second).not.toBe(first);
      expect(await m.readPid('/run/service/service.pid')).toBe(second);
      expect(await m.ok(`node ${SERVICE} status`)).toContain(`service is running, pid ${second}`);
    },
  );

  test('one that crashes again and again comes to the start limit, with the reason in the journal, and leaves nothing', async () => {
    await writeUnit(m, 'service', {
      mode: 'crashes',
      unit: ['StartLimitBurst=3', 'StartLimitIntervalSec=600'],
      service: ['Type=notify', 'Restart=on-failure', 'RestartSec=0'],
    });
    await m.ok('systemctl start service');
    await untilShown(m, 'service', 'ActiveState', 'failed', 60_000);
    expect(await show(m, 'service', 'NRestarts', 'ExecMainStatus')).toEqual({ NRestarts: '3', ExecMainStatus: '1' });
    expect((await journal(m, 'service')).match(/Error: the ship sank/g)).toHaveLength(3);
    expect(await processesOf(m, 'service')).toBe('');
  });

  test('TimeoutStartSec= ends a service that never says ready', async () => {
    await writeUnit(m, 'service', { mode: 'never ready', service: ['Type=notify', 'TimeoutStartSec=2'] });
    expect(await m.sh('systemctl start service')).toMatchObject({ code: 1 });
    expect(await show(m, 'service', 'ActiveState', 'Result')).toEqual({ ActiveState: 'failed', Result: 'timeout' });
    expect(await processesOf(m, 'service')).toBe('');
  });

  test('stopTimeout below TimeoutStopSec=: it ends by itself, and names what was still open; above it: SIGKILL', async () => {
    await writeUnit(m, 'service', { mode: 'never ends', options: { stopTimeout: 300 }, service: ['Type=notify', 'TimeoutStopSec=30'] });
    await m.ok('systemctl start service; systemctl stop service');
    expect(await show(m, 'service', 'Result', 'ExecMainStatus')).toEqual({ Result: 'exit-code', ExecMainStatus: '1' });
    expect(await journal(m, 'service')).toMatch(/still.*(open|run\(\))/i);

    await writeUnit(m, 'service', { mode: 'never ends', service: ['Type=notify', 'TimeoutStopSec=1'] });
    await m.ok('systemctl start service; systemctl stop service');
    expect(await show(m, 'service', 'Result', 'ExecMainStatus')).toEqual({ Result: 'timeout', ExecMainStatus: '9' });
    expect(await processesOf(m, 'service')).toBe('');
  });
});
