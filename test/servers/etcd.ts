import { freePort } from '../helpers/http.ts';
import type { Sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { programs } from './available.ts';
import { Server } from './server.ts';

export interface Member {
  readonly server: Server;
  readonly url: string;
}

/** One request to the JSON gateway. */
export async function askEtcd(
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers,
    signal: AbortSignal.timeout(3_000),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** A new cluster of so many members on free ports. @param flags more of them, for each member */
export async function startEtcd(box: Sandbox, count: 1 | 3 = 1, flags: readonly string[] = []): Promise<Member[]> {
  const names = Array.from({ length: count }, (_, index) => `etcd${index}`);
  const addresses = await Promise.all(names.map(async (member) => ({ member, peer: await freePort(), client: await freePort() })));
  const cluster = addresses.map(({ member, peer }) => `${member}=http://127.0.0.1:${peer}`).join(',');
  const members = addresses.map(({ member, peer, client }) => {
    const url = `http://127.0.0.1:${client}`;
    const args = ['--name', member, '--data-dir', box.path(member), '--listen-client-urls', url];
    args.push('--advertise-client-urls', url, '--listen-peer-urls', `http://127.0.0.1:${peer}`);
    args.push(
      '--initial-advertise-peer-urls',
      `http://127.0.0.1:${peer}`,
      '--initial-cluster',
      cluster,
      '--logger',
      'zap',
      '--log-level',
      'error',
      ...flags,
    );
    // With authentication it is up when it asks for that.
    const isUp = async () => {
      const { header, message } = await askEtcd(url, '/v3/kv/range', { key: 'AA==' });
      return header !== undefined || message === 'etcdserver: user name is empty';
    };
    return { url, server: new Server(box, programs.etcd, args, isUp) };
  });
  await Promise.all(members.map(({ server }) => server.start()));
  return members;
}

/** The member that leads, once there is one among those given. */
export function leaderOf(members: readonly Member[]): Promise<Member> {
  const isLeader = async ({ url }: Member) => {
    const { leader, header } = (await askEtcd(url, '/v3/maintenance/status', {})) as { leader?: string; header: { member_id: string } };
    return leader === header.member_id;
  };
  const look = async () => {
    for (const member of members) if (await isLeader(member).catch(() => false)) return member;
    return undefined;
  };
  return until(look, { what: 'a leader of etcd', interval: 20 });
}
