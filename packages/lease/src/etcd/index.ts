export { etcd } from './etcd.ts';
export type { EtcdOptions } from './options.ts';
