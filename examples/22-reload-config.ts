// A configuration that is read again on SIGHUP, without a restart; a broken one is reported, and the old one stays.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Daemon, isDaemonProcess } from '@daemonium/daemon';

class Greeter extends Daemon<[configuration: string]> {
  #greeting = '';

  override async run(configuration: string): Promise<void> {
    this.#read(configuration);
    this.on('reload', () => this.#read(configuration));
    await once(this.shutdown, 'abort');
  }

  #read(path: string): void {
    try {
      const { greeting } = JSON.parse(readFileSync(path, 'utf8')) as { greeting: string };
      this.#greeting = greeting;
    } catch (error) {
      console.log(`keeping the old configuration: ${(error as Error).name}`);
    }
    console.log(`greeting: ${this.#greeting}`);
  }
}

const directory = isDaemonProcess ? '' : mkdtempSync(join(tmpdir(), 'daemonium-example-'));
const configuration = join(directory, 'config.json');
const log = join(directory, 'greeter.log');
if (!isDaemonProcess) writeFileSync(configuration, '{ "greeting": "hello" }');

const greeter = new Greeter({ name: 'greeter', args: [configuration], pidFile: join(directory, 'greeter.pid'), stdout: log });
await greeter.start();
await lines(1);

writeFileSync(configuration, '{ "greeting": "good evening" }');
greeter.reload();
await lines(2);

writeFileSync(configuration, '{ "greeting": ');
greeter.reload();
await lines(4);

await greeter.stop();
process.stdout.write(readFileSync(log, 'utf8'));
rmSync(directory, { recursive: true });

async function lines(count: number): Promise<void> {
  while (readFileSync(log, 'utf8').split('\n').length <= count) await pause(10);
}
