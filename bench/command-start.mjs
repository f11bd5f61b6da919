// `daemonium start --ready listening` of a server, against a script that does the same with `Daemon.start()`.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { alternate, Home, MAIN, median, SERVER } from './support/command.mjs';

const ROUNDS = 30;
const TARGET = 1.15;

const script = (server, pidFile, log) => `
  import { Daemon } from ${JSON.stringify(import.meta.resolve('@daemonium/daemon'))};
  const daemon = new Daemon({
    name: 'server', target: { script: ${JSON.stringify(server)} }, ready: 'listening',
    pidFile: ${JSON.stringify(pidFile)}, stdout: ${JSON.stringify(log)}, stderr: ${JSON.stringify(log)},
  });
  if (process.argv[2] === 'stop') await daemon.stop();
  else await daemon.start();
`;

export async function run() {
  const home = new Home();
  try {
    const server = home.program('server.cjs', SERVER);
    const own = home.program('own.mjs', script(server, home.path('own.pid'), home.path('own.log')));
    const stopped = (took, command) => {
      spawnSync(process.execPath, command, { env: home.env, stdio: 'ignore' });
      return took;
    };
    const seen = alternate(
      {
        script: () => stopped(home.time(process.execPath, own), [own, 'stop']),
        command: () => stopped(home.time(process.execPath, MAIN, 'start', server, '--ready', 'listening'), [MAIN, 'stop', 'server']),
      },
      ROUNDS,
    );
    const ratio = median(seen.command.map((took, round) => took / seen.script[round]));
    const figures = {
      ratio,
      'daemonium start, ms': median(seen.command),
      'script with Daemon.start(), ms': median(seen.script),
      rounds: ROUNDS,
    };
    return {
      name: 'daemonium start --ready listening, against Daemon.start()',
      figures,
      target: `ratio <= ${TARGET}`,
      pass: ratio <= TARGET,
    };
  } finally {
    home[Symbol.dispose]();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
