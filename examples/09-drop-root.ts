// From root to an ordinary user, with a log and a pid file that only root may write: `sudo node examples/dist/09-drop-root.js`
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';

const daemon = new Daemon({
  user: 'nobody',
  // Opened with root's rights, before they are given up. A symlink is refused.
  stdout: '/var/log/daemonium-example.log',
  stderr: '/var/log/daemonium-example.log',
  pidFile: '/run/daemonium-example.pid',
  async target() {
    console.log(`uid ${process.getuid?.()}, groups ${process.getgroups?.().join(' ')}, home ${process.env['HOME']}`);
    try {
      process.setuid?.(0);
    } catch (error) {
      console.log(`back to root: ${(error as NodeJS.ErrnoException).code}`);
    }
    await once(this.shutdown, 'abort');
  },
});

await daemon.start();
await daemon.stop();
console.log(readFileSync('/var/log/daemonium-example.log', 'utf8').trim());
