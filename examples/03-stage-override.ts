// A stage does something more: `node examples/dist/03-stage-override.js`
import { mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Daemon, type StartError } from '@daemonium/daemon';

class Service extends Daemon<[hour: number]> {
  /** The working directory is made when it is missing. */
  override stage5(): void | Promise<void> {
    mkdirSync('/tmp/daemonium-example', { recursive: true });
    return super.stage5();
  }

  /** An overridden stage may be async, and may refuse: the launcher gets the error, with the number of the stage. */
  override async stage7(): Promise<void> {
    await pause(1);
    if (process.argv.includes('--refuse')) throw new Error('not on a Friday');
    await super.stage7();
  }

  override run(): void {
    setInterval(() => {}, 1_000);
  }
}

const service = new Service({ workingDirectory: '/tmp', pidFile: `${import.meta.dirname}/service.pid` });
try {
  await service.start();
  console.log('started');
  await service.stop();
} catch (error) {
  const { message, stage } = error as StartError;
  console.log(`stage ${stage}: ${message}`);
}
