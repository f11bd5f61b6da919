// Compiled by `tsc -b`, never run: each line that must not compile says so, and fails the build when it does.
import { Daemon } from '@daemonium/daemon';
import { fileLogger } from '@daemonium/logging';
import pino from 'pino';

new Daemon({ logger: fileLogger({ path: 'app.log' }) });
new Daemon({ logger: pino().child({}), inheritFiles: [pino()] });
new Daemon({ logger: pino({ customLevels: { shout: 90 } }) });
new Daemon({ logger: null });
// @ts-expect-error: no pino logger, it has no fatal()
new Daemon({ logger: console });

fileLogger({ path: 'app.log', reopenOn: 'SIGUSR2' });
fileLogger({ path: 'app.log', reopenOn: null });
// @ts-expect-error: cannot be caught
fileLogger({ path: 'app.log', reopenOn: 'SIGKILL' });
// @ts-expect-error: no JavaScript handler can serve it
fileLogger({ path: 'app.log', reopenOn: 'SIGABRT' });
// @ts-expect-error: a transport writes in another thread
fileLogger({ path: 'app.log', transport: { target: 'pino/file' } });
// What may be left out may be `undefined`.
fileLogger({ path: 'app.log', mode: undefined, mkdir: undefined, sync: undefined, reopenOn: undefined, name: undefined, level: undefined });
