import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../helpers/http.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { onlyThese, startService, upgraded } from './subject.ts';

const daemonium = JSON.stringify(new URL('../../../packages/daemon/dist/index.js', import.meta.url).href);

/** An http2 service. `/later` is answered a little after the drain has begun. */
function writeService(box: Sandbox): void {
  writeFileSync(
    box.path('main.mjs'),
    `import { once } from 'node:events';
import { createServer } from 'node:http2';
import { Daemon, drain } from ${daemonium};
const daemon = new Daemon({ ...JSON.parse(process.argv[2]), async target() {
  const waiting = [];
  const server = createServer((request, response) => {
    const answer = () => response.end(String(process.pid));
    if (request.url === '/later') waiting.push(answer);
    else answer();
  }).listen(this.sockets[0]);
  await once(this.shutdown, 'abort');
  for (const each of waiting) setTimeout(each, 100);
  await drain(server);
} });
await daemon.start();
`,
  );
}

function session(port: number): { client: ClientHttp2Session; ended: Promise<unknown>; get(path: string): Promise<number> } {
  const client = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => client.destroy());
  const get = async (path: string) => {
    const stream = client.request({ ':path': path }).setEncoding('utf8');
    let body = '';
    stream.on('data', (text: string) => {
      body += text;
    });
    await once(stream, 'end');
    return Number(body);
  };
  return { client, ended: once(client, 'close'), get };
}

test('http2: a session that is idle goes away at an upgrade, and one that is at work when it has its answer', async () => {
  const box = sandbox();
  const port = await freePort();
  writeService(box);
  expect(await startService(box, 'function', port)).toMatchObject({ code: 0, stderr: '' });
  const first = await box.readPid();
  const idle = session(port);
  expect(await idle.get('/')).toBe(first);
  const busy = session(port);
  expect(await busy.get('/')).toBe(first);
  const later = busy.get('/later');
  // In the same session, so it comes after it.
  expect(await busy.get('/')).toBe(first);
  const { pid } = await upgraded(box);
  await Promise.all([idle.ended, busy.ended]);
  expect(await later).toBe(first);
  await onlyThese(box, pid);
  // It has come to its end by itself, and not by `stopTimeout`.
  expect(readFileSync(box.path('stderr'), 'utf8')).toBe('');
  const next = session(port);
  expect(await until(() => next.get('/'), { what: 'an answer' })).toBe(pid);
});
