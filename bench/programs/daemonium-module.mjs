// The same with a module target. Arguments: file.
import { Daemon } from '@daemonium/daemon';

await new Daemon({ target: new URL('module-target.mjs', import.meta.url), args: [process.argv[2]] }).start();
