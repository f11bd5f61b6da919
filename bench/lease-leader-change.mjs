// The leader of three members of etcd is killed 20 times, under a lease with the default of 15 s. BENCH_CHANGES=2 makes fewer.

import { holder, inBox, leaderOf, now, skipped, startEtcd } from './support/lease-support.mjs';
import { runAlone } from './support/lock-support.mjs';

const CHANGES = Number(process.env.BENCH_CHANGES ?? 20);
const name = `lease: ${CHANGES} changes of etcd's leader`;

export async function run() {
  return (
    skipped(name) ??
    inBox(async (box) => {
      const members = await startEtcd(box, 3);
      const held = holder(box, { key: 'bench', engine: 'etcd', url: members.map(({ url }) => url), stays: true });
      await held.hears('held');
      const without = [];
      for (let time = 0; time < CHANGES; time++) {
        const leader = await leaderOf(members);
        const at = now();
        await leader.server.kill();
        await leaderOf(members.filter((member) => member !== leader));
        without.push(now() - at);
        await leader.server.start();
      }
      held.tell('state');
      const { isLocked } = await held.hears('state');
      const losses = held.said.filter(({ what }) => what === 'lost').length;
      return {
        name,
        figures: { losses, 'longest time without a leader, ms': Math.max(...without) },
        target: '0 losses',
        pass: losses === 0 && isLocked,
      };
    })
  );
}

await runAlone(import.meta.url, run);
