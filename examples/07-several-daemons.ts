// Several daemons of one script, one by one and together: `node examples/dist/07-several-daemons.js`
import { once } from 'node:events';
import { Daemon } from '@daemonium/daemon';

class Worker extends Daemon<[task: string]> {
  override async run(task: string): Promise<void> {
    console.log(`working at ${task}`);
    await once(this.shutdown, 'abort');
  }
}

const worker = (name: string) =>
  new Worker({
    name,
    args: [name],
    pidFile: `${import.meta.dirname}/${name}.pid`,
    stdout: `${import.meta.dirname}/${name}.log`,
    stderr: `${import.meta.dirname}/${name}.log`,
  });

// The third daemon runs the script, too. What was started before it is started there, it only looks like it: the same pid, the same error.
const first = worker('first');
await first.start();

const others = [worker('second'), worker('third')];
await Promise.all(others.map((daemon) => daemon.start()));

const all = [first, ...others];
console.log(`running: ${all.map((daemon) => daemon.isAlive()).join(', ')}`);
console.log(`different processes: ${new Set(all.map(({ pid }) => pid)).size}`);
for (const daemon of all) await daemon.stop();
console.log(`running: ${all.map((daemon) => daemon.isAlive()).join(', ')}`);
