import type { Sandbox } from '../helpers/sandbox.ts';
import { startEtcd } from './etcd.ts';
import { startPostgres } from './postgres.ts';

/** Starts a server of each engine. @returns their ports */
export async function startBoth(box: Sandbox): Promise<Record<'postgres' | 'etcd', number>> {
  const [database, [member]] = await Promise.all([startPostgres(box), startEtcd(box)]);
  return { postgres: database.port, etcd: Number(new URL(member!.url).port) };
}
