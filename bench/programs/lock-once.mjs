// Takes the lock of argv[2] and gives it back; without one it only imports.
const { PidLockFile } = await import('@daemonium/core');
const [, , path] = process.argv;
if (path !== undefined) new PidLockFile(path).acquireSync().seal().release();
