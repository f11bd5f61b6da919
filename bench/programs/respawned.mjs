// A daemon that is started again. Each run writes when run() begins, and its pid. Arguments: pid file, file, first pause in ms.
import { writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';

const [pidFile, file, delay] = process.argv.slice(2);
const target = () => {
  writeFileSync(file, `${performance.timeOrigin + performance.now()} ${process.pid}`);
  return new Promise(() => {});
};
await new Daemon({ target, pidFile, detach: true, respawn: { delay: Number(delay), healthyAfter: 50 } }).start();
