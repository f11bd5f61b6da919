// A daemon as a class, in the manner of a thread: `node examples/dist/02-subclass.js`
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { Daemon, isDaemonProcess, type StartError } from '@daemonium/daemon';

class Mailer extends Daemon<[queue: string]> {
  override async run(queue: string): Promise<void> {
    const messages = JSON.parse(readFileSync(queue, 'utf8')) as string[];
    console.log(`${messages.length} messages in the queue`);
    // From here on start() has resolved in the launcher; before, an error would have been the launcher's.
    this.ready();
    await once(this.shutdown, 'abort');
  }
}

// Both processes come by here; only the launcher prepares the queue.
if (!isDaemonProcess) writeFileSync(`${import.meta.dirname}/queue.json`, '["one", "two"]');

const mailer = new Mailer({
  args: [`${import.meta.dirname}/queue.json`],
  pidFile: `${import.meta.dirname}/mailer.pid`,
  waitForReady: true,
  stdout: `${import.meta.dirname}/mailer.log`,
});
await mailer.start();
console.log(`ready: ${readFileSync(`${import.meta.dirname}/mailer.log`, 'utf8').trim()}`);
await mailer.stop();

const broken = new Mailer({ name: 'broken', args: ['/no/such/queue'], waitForReady: true });
await broken.start().catch((error: StartError) => {
  console.log(`${error.name}: ${error.message}`);
});
