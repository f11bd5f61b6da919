// A real daemon out of the installed tarballs. `node service.mjs start|stop`
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Daemon } from '@daemonium/daemon';

const service = new Daemon({
  target: async function () {
    await once(this.shutdown, 'abort');
  },
  pidFile: fileURLToPath(new URL('service.pid', import.meta.url)),
});

if (process.argv[2] === 'stop') {
  console.log((await service.stop()).pid);
} else {
  await service.start();
  console.log(service.pid);
}
