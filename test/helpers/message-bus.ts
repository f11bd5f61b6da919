import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import type { Launched } from './launch.ts';
import type { Sandbox } from './sandbox.ts';
import { until } from './wait.ts';

export const hasBus = spawnSync('dbus-daemon', ['--version'], { stdio: 'ignore' }).status === 0;

/** An unmodified dbus-daemon of root's that every user may talk to. */
export async function messageBus(box: Sandbox): Promise<{ readonly bus: Launched; readonly socket: string }> {
  mkdirSync(box.path('bus'));
  chmodSync(box.path('bus'), 0o755);
  const socket = box.path('bus', 'socket');
  writeFileSync(
    box.path('bus.conf'),
    `<busconfig><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth><policy context="default"><allow user="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/></policy></busconfig>`,
  );
  // Its address is printed once the bus listens; the file of the socket is there before.
  const bus = box.spawn('--nofork', { executable: 'dbus-daemon', args: ['--print-address', `--config-file=${box.path('bus.conf')}`] });
  await until(() => bus.stdout.includes(socket) || Promise.reject(new Error(bus.stderr)), { what: 'the bus' });
  return { bus, socket };
}
