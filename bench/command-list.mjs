// `daemonium list` of 20 daemons, against a bare Node.js, and against `pm2 list` of 20 where pm2 is installed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { alternate, findPm2, Home, MAIN, median } from './support/command.mjs';

const DAEMONS = 20;
const ROUNDS = 40;
const OVER_BARE_MS = 35;
const OF_PM2 = 0.6;

export async function run() {
  const home = new Home();
  try {
    const idle = home.program('idle.cjs', 'setInterval(() => {}, 60_000);\n');
    const empty = home.program('empty.cjs', '');
    const pm2 = findPm2();
    for (let index = 0; index < DAEMONS; index++) {
      home.daemonium('start', idle, '--name', `idle-${index}`);
      if (pm2 !== undefined) spawnSync(pm2, ['start', idle, '--force', '--name', `idle-${index}`], { env: home.env, stdio: 'ignore' });
    }
    const seen = alternate(
      {
        bare: () => home.time(process.execPath, empty),
        list: () => home.time(process.execPath, MAIN, 'list'),
        ...(pm2 === undefined ? {} : { pm2: () => home.time(pm2, 'list') }),
      },
      ROUNDS,
    );
    const over = median(seen.list.map((took, round) => took - seen.bare[round]));
    const ratio = seen.pm2 === undefined ? undefined : median(seen.list.map((took, round) => took / seen.pm2[round]));
    const figures = {
      'over a bare node, ms': over,
      'list, ms': median(seen.list),
      'bare node, ms': median(seen.bare),
      ...(ratio === undefined ? {} : { 'of pm2 list': ratio, 'pm2 list, ms': median(seen.pm2) }),
      'resident, MB': 0,
      daemons: DAEMONS,
    };
    const pass = over <= OVER_BARE_MS && (ratio === undefined || ratio <= OF_PM2);
    return { name: 'daemonium list of 20', figures, target: `<= bare + ${OVER_BARE_MS} ms, <= ${OF_PM2} of pm2`, pass };
  } finally {
    home[Symbol.dispose]();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
