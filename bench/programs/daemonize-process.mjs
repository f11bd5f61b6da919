// The same through daemonize-process. Arguments: file.
import { writeFileSync } from 'node:fs';
import { daemonizeProcess } from 'daemonize-process';

const [file] = process.argv.slice(2);
daemonizeProcess();
writeFileSync(file, String(performance.timeOrigin + performance.now()));
