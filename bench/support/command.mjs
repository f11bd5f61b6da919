// A home for the command's benches, with programs to start; and pm2, where it is installed outside of the checkout.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

/** `npm install --prefix /var/cache/daemonium/pm2 pm2` puts it there; or it is in PATH. */
export function findPm2() {
  const places = ['/var/cache/daemonium/pm2/node_modules/.bin', ...(process.env.PATH ?? '').split(delimiter)];
  return places.map((directory) => join(directory, 'pm2')).find(existsSync);
}

export const SERVER = "require('node:http').createServer((_, answer) => answer.end()).listen(0, '127.0.0.1');\n";

export class Home {
  directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  /** Clean: some variables make a boot of Node dearer, NODE_EXTRA_CA_CERTS by half. */
  env = {
    PATH: process.env.PATH,
    HOME: this.directory,
    XDG_STATE_HOME: join(this.directory, 'state'),
    PM2_HOME: join(this.directory, 'pm2'),
  };

  path(name) {
    return join(this.directory, name);
  }

  program(name, text) {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  daemonium(...words) {
    return execFileSync(process.execPath, [MAIN, ...words], { cwd: this.directory, env: this.env, encoding: 'utf8' });
  }

  /** How long a command takes, in ms. */
  time(command, ...args) {
    const began = performance.now();
    const { status, stderr } = spawnSync(command, args, { cwd: this.directory, env: this.env, stdio: ['ignore', 'ignore', 'pipe'] });
    const took = performance.now() - began;
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`);
    return took;
  }

  [Symbol.dispose]() {
    spawnSync(process.execPath, [MAIN, 'delete', 'all'], { env: this.env, stdio: 'ignore' });
    const pm2 = findPm2();
    if (existsSync(this.env.PM2_HOME) && pm2 !== undefined) spawnSync(pm2, ['kill'], { env: this.env, stdio: 'ignore' });
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Rounds of all ways, each in another order than the one before. Gives the times of each. */
export function alternate(ways, rounds) {
  const seen = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  // The first round fills the caches.
  for (let round = -1; round < rounds; round++) {
    const order = Object.entries(ways);
    for (const [way, measure] of round % 2 === 0 ? order : order.reverse()) {
      const took = measure();
      if (round >= 0) seen[way].push(took);
    }
  }
  return seen;
}
