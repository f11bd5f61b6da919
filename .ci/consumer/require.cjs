// A CommonJS program: no top-level await in the packages, or require() of them fails.
const { PidLockFile } = require('@daemonium/core');
const { Daemon } = require('@daemonium/daemon');
const { Lease } = require('@daemonium/lease');
const { fileLogger } = require('@daemonium/logging');

for (const [name, value] of Object.entries({ PidLockFile, Daemon, Lease, fileLogger })) {
  if (typeof value !== 'function') throw new Error(`${name} is ${typeof value}`);
}
require('@daemonium/core/posix');
require('@daemonium/lease/postgres');
require('@daemonium/lease/etcd');
require('@daemonium/logging/logger-fds');
console.log('require() works');
