// Holds a key by npm `etcd3`'s own lease, as its documentation has it: `node etcd3-holder.mjs HOST KEY DURATION`
import { Etcd3 } from 'etcd3';

const [host, key, duration] = process.argv.slice(2);
const say = (what) => console.log(JSON.stringify({ what, at: Number(process.hrtime.bigint()) / 1e6 }));
const client = new Etcd3({ hosts: host });
const seconds = Number(duration) / 1000;

for (;;) {
  const lease = client.lease(seconds);
  const { succeeded } = await client
    .if(key, 'Create', '==', 0)
    .then(lease.put(key).value(String(process.pid)))
    .commit();
  if (succeeded) {
    lease.on('lost', () => say('lost'));
    say('held');
    break;
  }
  await lease.revoke();
  const watcher = await client.watch().key(key).create();
  say('standby');
  await new Promise((resolve) => watcher.on('delete', resolve));
  await watcher.cancel();
}
setInterval(() => {}, 60_000);
