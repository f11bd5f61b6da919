import { reportFailure, startPayload } from './daemonized/arrival.ts';
import { startModule } from './module-start.ts';

// The main script of a daemon with a module target.
if (startPayload === null || startPayload.module === null) {
  process.stderr.write('This program is started by @daemonium/daemon, for daemons with a module target.\n');
  process.exitCode = 1;
} else {
  startModule(startPayload.module, startPayload.given).catch((error: unknown) => {
    reportFailure(error);
    // Node prints it and exits 1, so that it is seen without a launcher, too.
    throw error;
  });
}
