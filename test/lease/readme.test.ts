import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type CommandBox, commandBox, IDLE } from '../cli/command.ts';
import { blocks } from '../docs/markdown.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { noServers } from '../servers/available.ts';
import { startEtcd } from '../servers/etcd.ts';

const config = blocks('README.md').find(({ name }) => name === 'daemonium.config.mjs')?.code ?? '';

/** How the lease of the daemon stands on one of the hosts. */
async function stateOn({ run }: CommandBox): Promise<string | undefined> {
  const { stdout } = await run(['status', 'cron', '--json']);
  return (JSON.parse(stdout) as [{ lease: { state: string } | null }])[0].lease?.state;
}

/** The host that leads, once there is one. */
function leaderOf(hosts: readonly CommandBox[]): Promise<CommandBox> {
  const look = async () => {
    const states = await Promise.all(hosts.map(stateOn));
    return hosts[states.indexOf('leading')];
  };
  return until(look, { what: 'a host that leads', deadline: 40_000, interval: 100 });
}

describe.skipIf(noServers)('one of several hosts, as the README has it', () => {
  test('one of three leads; another when it is told to stop, and when it dies', { timeout: 120_000 }, async () => {
    const [member] = await startEtcd(sandbox());
    const env = { ETCD_URL: member!.url };
    const hosts = [commandBox(), commandBox(), commandBox()];
    for (const host of hosts) {
      writeFileSync(host.box.path('daemonium.config.mjs'), config);
      host.program('cron.js', IDLE);
      expect(await host.run(['start'], { env })).toMatchObject({ code: 0, stderr: '' });
    }
    const first = await leaderOf(hosts);
    expect((await Promise.all(hosts.map(stateOn))).toSorted()).toEqual(['leading', 'standby', 'standby']);

    expect(await first.run(['stop', 'cron'])).toMatchObject({ code: 0 });
    const rest = hosts.filter((host) => host !== first);
    const second = await leaderOf(rest);

    // As if its machine were gone: the shell that would start it again goes first.
    const shell = Number(readFileSync(second.state('cron.pid'), 'utf8'));
    const daemon = (await second.one('cron')).pid ?? 0;
    expect(Math.min(shell, daemon)).toBeGreaterThan(1);
    process.kill(shell, 'SIGKILL');
    process.kill(daemon, 'SIGKILL');
    const [last] = rest.filter((host) => host !== second);
    expect(await leaderOf([last!])).toBe(last);
  });
});
