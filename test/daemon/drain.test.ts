import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, createServer as createNetServer, type Server } from 'node:net';
import { drain, OptionError } from '@daemonium/daemon';
import { expect, onTestFinished, test } from 'vitest';
import { ask } from '../helpers/http.ts';

function listening<S extends Server>(server: S): Promise<{ server: S; port: number }> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as { port: number }).port }));
    onTestFinished(() => void server.close());
  });
}

test('answers in flight are sent, kept connections are told, and the last one gone is the end', async () => {
  const waiting: ServerResponse[] = [];
  let hasBegun = () => {};
  const begun = new Promise<void>((resolve) => {
    hasBegun = resolve;
  });
  const { server, port } = await listening(
    createServer((incoming, response) => {
      if (incoming.url === '/later') {
        waiting.push(response);
        hasBegun();
      } else response.end('now');
    }),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const other = new Agent({ keepAlive: true });
  onTestFinished(() => {
    agent.destroy();
    other.destroy();
  });
  expect((await ask({ port }, agent)).headers.connection).toBe('keep-alive');
  const later = new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/later', agent: other }, resolve).on('error', reject).end();
  });
  await begun;
  const events: string[] = [];
  server.on('close', () => events.push('close'));
  const drained = drain(server).then(() => events.push('drained'));
  // The kept connection is still open, and its next answer is its last.
  expect((await ask({ port }, agent)).headers.connection).toBe('close');
  await expect(ask({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(events).toEqual([]);
  waiting[0]?.end('late');
  expect((await later).resume().statusCode).toBe(200);
  await drained;
  expect(events).toEqual(['close', 'drained']);
});

test('idle connections are not closed at once: a request that is on its way is answered', async () => {
  const { server, port } = await listening(createServer((_request, response) => response.end('answer')));
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  await ask({ port }, agent);
  const drained = drain(server);
  // Written in the same turn: closed at once, this would be ECONNRESET.
  expect((await ask({ port }, agent)).body).toBe('answer');
  await drained;
});

test("the connections of a plain server are the program's, and an argument that is no server is refused", async () => {
  const { server, port } = await listening(createNetServer((socket) => socket.pipe(socket)));
  const socket = connect({ port, host: '127.0.0.1' });
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('ping');
  await new Promise((resolve) => socket.once('data', resolve));
  let isDrained = false;
  const drained = drain(server).then(() => {
    isDrained = true;
  });
  await expect(ask({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(isDrained).toBe(false);
  socket.end();
  await drained;
  await drain(server);
  await expect(drain({} as Server)).rejects.toBeInstanceOf(OptionError);
});
