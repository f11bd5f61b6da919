import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { runAsProgram } from './boot.ts';

const said = async (readiness: string, file: string, lines: string) => (await runAsProgram(sandbox(), file, lines, readiness)).stdout;

test.each([
  ['CommonJS', 'program.cjs', 'console.log("one"); setImmediate(() => console.log("two"));'],
  ['ESM', 'program.mjs', 'await 1; console.log("one"); setTimeout(() => console.log("two"), 50);'],
])("'started': %s has been evaluated", async (_, file, lines) => {
  expect(await said('started', file, lines)).toBe('one\nREADY\ntwo\n');
});

test.each([
  [
    'a port',
    'const { createServer } = require("node:net"); const server = createServer().listen(0, "127.0.0.1", () => { console.log("listens"); server.close(); });',
  ],
  [
    'http',
    'const { createServer } = require("node:http"); const server = createServer().listen(0, () => { console.log("listens"); server.close(); });',
  ],
  [
    'a path',
    'const server = require("node:net").createServer().listen(__dirname + "/socket", () => { console.log("listens"); server.close(); });',
  ],
])("'listening': the first server, on %s", async (_, lines) => {
  expect(await said('listening', 'program.cjs', lines)).toBe('READY\nlistens\n');
});

test("'listening': one of two servers, told once, and nothing is left of the watch", async () => {
  const lines = `
    const { createServer, Server } = require('node:net');
    const two = createServer(), one = createServer();
    one.listen(0, () => two.listen(0, () => { console.log(Object.hasOwn(Server.prototype, 'emit')); one.close(); two.close(); }));`;
  expect(await said('listening', 'program.cjs', lines)).toBe('READY\nfalse\n');
});

test("'listening': a worker of a cluster", async () => {
  const lines = `
    const cluster = require('node:cluster');
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    if (cluster.isPrimary) cluster.fork().on('listening', () => { console.log('worker listens'); cluster.disconnect(); });
    else require('node:net').createServer().listen(0);`;
  expect((await said('listening', 'program.cjs', lines)).split('\n').sort()).toEqual(['', 'READY', 'worker listens']);
});

test("'listening': the inspector, and a server that closes before it listens, are none", async () => {
  const lines = `
    require('node:inspector').open(0); require('node:inspector').close();
    const server = require('node:net').createServer().listen(0); server.close();`;
  expect(await said('listening', 'program.cjs', lines)).toBe('');
});

test("'message': process.send('ready'), once, with its callback", async () => {
  const lines = `
    console.log(process.send({ type: 'metric' }));
    console.log(process.send('ready', undefined, {}, (error) => console.log('sent', error)));
    process.send('ready');`;
  expect(await said('message', 'program.cjs', lines)).toBe('true\nREADY\ntrue\nsent null\n');
});

test.each(['started', 'listening'])("'%s': there is no process.send", async (readiness) => {
  expect(await said(readiness, 'program.cjs', 'console.log(process.send);')).toContain('undefined\n');
});
