import { createConnection } from 'node:net';
import { expect, test } from 'vitest';
import { childrenOf, isRunning } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { ended, failed, logged, started, written } from './start.ts';

const express = import.meta.resolve('express');
const fastify = import.meta.resolve('fastify');

/** What a program's server answers on the port that it has logged. */
async function answerOf(box: Sandbox): Promise<string> {
  const port = /port (\d+)/.exec(await logged(box, 'port '))?.[1];
  return (await fetch(`http://127.0.0.1:${port}/`)).text();
}

test.each([
  [
    'Express',
    `import express from ${JSON.stringify(express)};
     const app = express();
     app.get('/', (request, response) => response.send('hello from Express'));
     const server = app.listen(0, '127.0.0.1', () => console.log('port', server.address().port));
     process.on('SIGTERM', () => server.close(() => console.log('closed')));`,
  ],
  [
    'Fastify',
    `import Fastify from ${JSON.stringify(fastify)};
     const app = Fastify({ forceCloseConnections: true });
     app.get('/', async () => 'hello from Fastify');
     await app.listen({ port: 0, host: '127.0.0.1' });
     console.log('port', app.server.address().port);
     process.on('SIGTERM', async () => { await app.close(); console.log('closed'); });`,
  ],
])('an app of %s answers once the start has worked, and closes at SIGTERM', async (name, lines) => {
  const box = sandbox();
  const { pid } = await started(box, written(box, 'app.mjs', lines), { options: { ready: 'listening' } });
  expect(await answerOf(box)).toBe(`hello from ${name}`);
  expect(await ended(box, pid)).toMatch(/closed\n$/);
});

test("'listening' comes as late as the server does", async () => {
  const box = sandbox();
  const lines = `
    console.log('loaded');
    setTimeout(() => require('node:net').createServer().listen(0, '127.0.0.1', () => console.log('listens')), 300);`;
  const { output, milliseconds } = await started(box, written(box, 'server.cjs', lines), { options: { ready: 'listening' } });
  expect(output).toMatch(/^loaded\n/);
  expect(milliseconds).toBeGreaterThan(299);
});

test('a Unix socket can be connected to once the start has worked', async () => {
  const box = sandbox();
  const lines = `require('node:net').createServer((socket) => socket.end('hello')).listen(process.argv[2]);`;
  const { pid } = await started(box, written(box, 'server.cjs', lines), {
    options: { ready: 'listening' },
    target: { argv: [box.path('socket')] },
  });
  const text = await new Promise<string>((resolve, reject) => {
    createConnection(box.path('socket')).on('error', reject).setEncoding('utf8').on('data', resolve);
  });
  expect(text).toBe('hello');
  await ended(box, pid);
});

test('the inspector is no server of the program', async () => {
  const box = sandbox();
  const lines = `require('node:inspector').open(0, '127.0.0.1'); console.log(require('node:inspector').url()); setInterval(() => {}, 1e9);`;
  const failure = await failed(box, written(box, 'server.cjs', lines), { options: { ready: 'listening', startTimeout: 5_000 } });
  expect(failure).toMatchObject({ class: 'StartTimeoutError', message: expect.stringContaining('no server of it listened') });
  expect(failure.output).toMatch(/^ws:/);
});

const MESSAGE = `
  setTimeout(() => {
    console.log(typeof process.send, process.connected, process.send({ type: 'metric' }));
    console.log(process.send('ready', (error) => console.log('sent', error)));
  }, 200);
  setInterval(() => {}, 1e9);`;

test("'message': ready when it says so by process.send, with its callback", async () => {
  const box = sandbox();
  const { pid, output } = await started(box, written(box, 'server.cjs', MESSAGE), { options: { ready: 'message' } });
  expect(output).toBe('function undefined true\n');
  expect(await logged(box, 'sent')).toBe('function undefined true\ntrue\nsent null\n');
  await ended(box, pid);
});

test("without 'message' there is no process.send", async () => {
  const box = sandbox();
  const { pid } = await started(box, written(box, 'server.cjs', `console.log(typeof process.send); setInterval(() => {}, 1e9);`));
  expect(await logged(box, '\n')).toBe('undefined\n');
  await ended(box, pid);
});

const CLUSTER = `
  const cluster = require('node:cluster');
  if (cluster.isPrimary) {
    for (let n = 0; n < 2; n++) cluster.fork();
    cluster.on('message', (worker, message) => console.log(message));
    process.on('SIGTERM', () => {
      for (const worker of Object.values(cluster.workers)) worker.kill('SIGTERM');
    });
    cluster.on('exit', (worker, code, signal) => console.log('worker ended', code ?? signal));
  } else {
    process.on('SIGTERM', () => process.exit(5));
    const server = require('node:http').createServer((request, response) => response.end('worker ' + process.argv[2]));
    server.listen(0, '127.0.0.1', () => process.send('port ' + server.address().port));
  }`;

test('cluster: ready with the first worker that listens; workers are the same program with the same arguments', async () => {
  const box = sandbox();
  const { pid } = await started(box, written(box, 'server.cjs', CLUSTER), { options: { ready: 'listening' }, target: { argv: ['x y'] } });
  expect(await answerOf(box)).toBe('worker x y');
  await until(() => childrenOf(pid).length === 2, { what: 'both workers' });
  const workers = childrenOf(pid);
  // Both have their listener, and not only their process.
  await until(async () => ((await logged(box, 'port')).match(/port/g) ?? []).length === 2, { what: 'both ports' });
  expect((await ended(box, pid)).match(/worker ended 5\n/g)).toHaveLength(2);
  expect(workers.filter(isRunning)).toEqual([]);
});

test.each([
  [
    'server.mjs',
    `import cluster from 'node:cluster';
     if (cluster.isPrimary) {
       cluster.fork().on('message', (message) => console.log(message));
       process.on('SIGTERM', () => cluster.disconnect());
     } else {
       const { createServer } = await import('node:http');
       const server = createServer((request, response) => response.end('worker')).listen(0, '127.0.0.1', () => process.send('port ' + server.address().port));
     }`,
  ],
])('cluster, ESM', async (file, lines) => {
  const box = sandbox();
  const { pid } = await started(box, written(box, file, lines), { options: { ready: 'listening' } });
  expect(await answerOf(box)).toBe('worker');
  const worker = await until(() => childrenOf(pid)[0], { what: 'the worker' });
  process.kill(worker, 'SIGKILL');
  await until(() => !isRunning(pid), { what: 'the end of a primary without workers' });
});

test('worker_threads: a thread of the same file, and the process lives as long as it', async () => {
  const box = sandbox();
  const lines = `
    const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
    if (isMainThread) {
      const worker = new Worker(__filename, { workerData: process.argv[2] });
      worker.on('message', (message) => console.log(message)).on('exit', () => console.log('thread ended'));
      process.on('SIGTERM', () => worker.postMessage('end'));
    } else {
      parentPort.postMessage('thread has ' + workerData + ' ' + (require.main === module));
      parentPort.once('message', () => {});
    }`;
  const { pid } = await started(box, written(box, 'server.cjs', lines), { target: { argv: ['data'] } });
  expect(await logged(box, 'thread has')).toMatch(/^thread has data \w+\n$/);
  expect(await ended(box, pid)).toMatch(/thread ended\n$/);
});
