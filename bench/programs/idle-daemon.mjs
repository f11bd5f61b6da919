// A daemon that does nothing; the launcher prints its pid. Arguments: pid file or nothing.
import { Daemon } from '@daemonium/daemon';

const [pidFile] = process.argv.slice(2);
const daemon = new Daemon({ target: () => void setInterval(() => {}, 1000), ...(pidFile === undefined ? {} : { pidFile }) });
try {
  await daemon.start();
  console.log(JSON.stringify({ pid: daemon.pid }));
} catch (error) {
  console.log(JSON.stringify({ error: error.name, holder: error.pid ?? null }));
}
