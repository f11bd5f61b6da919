// One HTTP service under Daemonium's command and under its peers, each in a home of its own: pm2 and, from Debian, runit and s6.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { findPm2, Home, MAIN } from './command.mjs';

/** Says which process answers, and takes its leave of clients as the pages of pm2 and of Daemonium advise. */
const SERVICE = `
const server = require('node:http').createServer((_, answer) => setTimeout(() => answer.end(String(process.pid)), 5));
server.listen(Number(process.env.PORT), '127.0.0.1', () => process.send?.('ready'));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => process.exit());
    server.closeIdleConnections();
  });
}
`;

export const isInstalled = (command) => (process.env.PATH ?? '').split(delimiter).some((directory) => existsSync(join(directory, command)));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** One request over a connection of its own. Gives the pid of the process that answered. */
export function ask(port) {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (piece) => (text += piece)).on('error', reject);
      answer.on('end', () => resolve(Number(text)));
    });
    asked.on('error', reject).end();
  });
}

/** Starts the service in one way. `stop()` leaves nothing of it. */
export class Service {
  static async start(way, options = {}) {
    const service = new Service(await freePort());
    try {
      await WAYS[way](service, options);
      await service.#answers();
      return service;
    } catch (error) {
      await service.stop();
      throw error;
    }
  }

  home = new Home();
  /** Undoes what a way has done outside of the home. */
  end = async () => {};

  constructor(port) {
    this.port = port;
    this.home.env.PORT = String(port);
    this.script = this.home.program('service.cjs', SERVICE);
  }

  run(command, ...words) {
    const { status, stderr } = spawnSync(command, words, { cwd: this.home.directory, env: this.home.env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${status}: ${stderr}`);
  }

  /** A directory with `run`, as runit and s6 want it, under its supervisor. */
  supervise(supervisor) {
    const directory = this.home.path('service');
    mkdirSync(directory);
    writeFileSync(join(directory, 'run'), `#!/bin/sh\nexec ${process.execPath} ${this.script}\n`);
    chmodSync(join(directory, 'run'), 0o755);
    const child = spawn(supervisor, [directory], { env: this.home.env, stdio: 'ignore' });
    const ended = once(child, 'exit');
    // Both end their service on SIGTERM, and then themselves.
    this.end = () => child.kill('SIGTERM') && ended;
  }

  async #answers() {
    for (;;) {
      if (await ask(this.port).catch(() => 0)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop() {
    await this.end();
    this.home[Symbol.dispose]();
  }
}

const WAYS = {
  daemonium(service, { words = [] }) {
    const { port, script } = service;
    service.run(process.execPath, MAIN, 'start', script, '--name', 'web', '--listen', `127.0.0.1:${port}`, ...words);
  },
  'pm2, fork'(service) {
    service.run(findPm2(), 'start', service.script, '--name', 'web');
  },
  'pm2, cluster'(service) {
    service.run(findPm2(), 'start', service.script, '--name', 'web', '-i', '1', '--wait-ready');
  },
  runit: (service) => service.supervise('runsv'),
  s6: (service) => service.supervise('s6-supervise'),
};
