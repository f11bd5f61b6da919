// Writes when run() begins. Arguments: file, pid file or nothing.
import { writeFileSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';

const [file, pidFile] = process.argv.slice(2);
const target = () => writeFileSync(file, String(performance.timeOrigin + performance.now()));
await new Daemon({ target, ...(pidFile === undefined ? {} : { pidFile }) }).start();
