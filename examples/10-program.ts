// An existing program as a daemon, without a change to it: `node examples/dist/10-program.js`
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Daemon } from '@daemonium/daemon';

const socketPath = `${import.meta.dirname}/web.socket`;

const web = new Daemon({
  name: 'web',
  target: { script: new URL('./10-program-server.js', import.meta.url), argv: [socketPath] },
  ready: 'listening',
  pidFile: `${import.meta.dirname}/web.pid`,
  stdout: `${import.meta.dirname}/web.log`,
  stderr: `${import.meta.dirname}/web.log`,
});
await web.start();
const [response] = (await once(get({ socketPath }), 'response')) as [IncomingMessage];
console.log(`it answers: ${(await text(response)) === `hello from pid ${web.pid}\n`}`);
await web.stop();
console.log(
  `the log ends with: ${readFileSync(`${import.meta.dirname}/web.log`, 'utf8')
    .trim()
    .split('\n')
    .at(-1)}`,
);
