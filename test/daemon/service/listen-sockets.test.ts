import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import type { Launched } from '../../helpers/launch.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

/** Listens as systemd does for its service. */
async function listen(): Promise<{ server: Server; fd: number; port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  return { server, fd, port: (server.address() as AddressInfo).port };
}

/** LISTEN_PID is the process that is executed, which a shell can tell by its own number. */
function activate(box: Sandbox, fds: readonly number[], env: Record<string, string>, pid = '$$', detach = 'auto'): Launched {
  return box.spawn('-c', {
    executable: 'sh',
    args: [`export LISTEN_PID=${pid}; exec "$@"`, 'sh', process.execPath, fixture('life-socket-activated'), detach],
    descriptors: Object.fromEntries(fds.map((fd, index) => [3 + index, fd])),
    env: { LISTEN_FDS: String(fds.length), ...env },
  });
}

async function seen(service: Launched): Promise<unknown> {
  await until(() => service.stdout.includes('\n'), { what: `what the service says; ${service.stderr}` });
  return JSON.parse(service.stdout);
}

async function answerOf(port: number): Promise<string> {
  const connection = connect(port, '127.0.0.1').setEncoding('utf8');
  return (await connection.toArray()).join('');
}

test('sockets of socket activation: their numbers and names, in the foreground, served', async () => {
  const box = sandbox();
  const [web, admin] = [await listen(), await listen()];
  const service = activate(box, [web.fd, admin.fd], { LISTEN_FDNAMES: 'web' });
  expect(await seen(service)).toEqual({
    role: 'foreground',
    sockets: [
      { fd: 3, name: 'web' },
      { fd: 4, name: 'unknown' },
    ],
  });
  // The listeners of this process would take connections, too.
  web.server.close();
  admin.server.close();
  expect(await answerOf(web.port)).toBe('this is web\n');
  expect(await answerOf(admin.port)).toBe('this is unknown\n');
});

test.each([
  ["they are another process's", '1', { LISTEN_FDS: '1' }],
  ['there is no number', '$$', { LISTEN_FDS: 'x' }],
  ['there are none', '$$', { LISTEN_FDS: '0' }],
])('no sockets when %s', async (_why, pid, env) => {
  const box = sandbox();
  const service = activate(box, [], env, pid, 'foreground');
  expect(await seen(service)).toMatchObject({ sockets: [] });
});
