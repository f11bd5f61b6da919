import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Declaration, entries, exportsOf, unnameable } from './declarations.ts';
import { root } from './sources.ts';

/** What each entry of the packages has at run time: these names and no others. `start` and `handover` are for the sibling packages. */
const ENTRIES: Readonly<Record<string, readonly string[]>> = {
  '@daemonium/core': [
    'AlreadyLockedError',
    'LockError',
    'LockFailedError',
    'LockNotReentrantError',
    'NotMyLockError',
    'OptionError',
    'PidFileInsecureError',
    'PidFileUnreadableError',
    'PidLockFile',
    'getPid',
    'makePidFile',
    'openFiles',
    'openHolder',
    'pidFilePath',
    'pidLocked',
    'proveHolder',
    'removePidFile',
    'waitUntilFree',
    'withPidLock',
  ],
  '@daemonium/core/posix': [
    'F_DUPFD',
    'LOCK_EX',
    'LOCK_NB',
    'LOCK_SH',
    'RLIMIT_CORE',
    'bootClock',
    'childProcesses',
    'chroot',
    'connectUnixDatagram',
    'createKillTimer',
    'descriptorsOfFile',
    'dup2',
    'fcntl',
    'flock',
    'flockTakers',
    'getgrouplist',
    'hasAddons',
    'hasExclusiveFlock',
    'isCloseOnExec',
    'isInternetSocket',
    'lookupGroup',
    'lookupUser',
    'networkFileSystem',
    'openDescriptors',
    'openProcess',
    'peerCredentials',
    'processArguments',
    'processEnvironment',
    'processExists',
    'processOwner',
    'processPlace',
    'processStartDate',
    'processStartTicks',
    'processState',
    'runsProgram',
    'sendDatagram',
    'setCloseOnExec',
    'setrlimit',
    'threadCredentials',
    'tryLockExclusive',
    'tryLockShared',
    'watchThreads',
  ],
  '@daemonium/core/start': [
    'EXIT',
    'HIGHEST_MARKED',
    'MARKER',
    'MS_PER_TICK',
    'OPTION_PARTS',
    'OptionError',
    'RESPAWN_DEFAULTS',
    'START_TIMEOUT',
    'STATUS_EXIT',
    'STOP_TIMEOUT',
    'WATCH_MS',
    'anonymousFile',
    'anonymousNote',
    'arrive',
    'arrivedDescriptors',
    'arrivedLock',
    'becomeDaemon',
    'checkAbortSignal',
    'checkNames',
    'closest',
    'decodeError',
    'defined',
    'descriptorEntry',
    'descriptorTable',
    'encodeError',
    'encodePayload',
    'endOfStatus',
    'errnoError',
    'expectDaemon',
    'expectedName',
    'filePosition',
    'formatMarker',
    'hasAddons',
    'hasProc',
    'isInternetSocket',
    'loadFailure',
    'meansNotPermitted',
    'newNonce',
    'onceDaemon',
    'openForAppending',
    'pathOfUrl',
    'processArguments',
    'processHasEnded',
    'processPlace',
    'processStartDate',
    'processStartTicks',
    'processStillRuns',
    'programListeners',
    'randomHex',
    'readPart',
    'readParts',
    'requireBeside',
    'resolveBeside',
    'resolvePath',
    'servability',
    'setErrorName',
    'sharedState',
    'statusOfSignal',
    'tidyUpAtSignals',
    'withoutSecret',
    'workingDirectory',
  ],
  '@daemonium/core/handover': [
    'adoptLock',
    'allProcesses',
    'childProcesses',
    'forgetLock',
    'internals',
    'lockForHandover',
    'nameHolder',
    'processEnvironment',
    'removeStale',
    'unsealLock',
  ],
  '@daemonium/core/registry': [
    'EXIT',
    'OPTION_PARTS',
    'RESPAWN_DEFAULTS',
    'RegistryError',
    'START_TIMEOUT',
    'STATUS_EXIT',
    'STOP_TIMEOUT',
    'WATCH_MS',
    'checkDirectory',
    'checkName',
    'closest',
    'declarationOf',
    'declarationPath',
    'declaredNames',
    'defined',
    'faultOfName',
    'forgetUnlessStarted',
    'hasProc',
    'isSame',
    'makePlaces',
    'meansNotPermitted',
    'nameOfScript',
    'nearestDirectory',
    'noteStarted',
    'noteStopped',
    'ownPlaces',
    'placesOf',
    'processEnvironment',
    'processHasEnded',
    'processUsage',
    'proveHolder',
    'readDeclaration',
    'readDeclarations',
    'readLeaseRecord',
    'readRespawnRecord',
    'readStarted',
    'readyInForeground',
    'refuseOtherScript',
    'register',
    'removeDeclaration',
    'replaceDeclaration',
    'restoreStarted',
    'standingOf',
    'tryLockShared',
    'wasBeforeThisBoot',
    'withName',
    'workingDirectory',
    'writeDeclaration',
  ],
  '@daemonium/logging': ['LogFileError', 'captureOutput', 'fileLogger', 'flushLogger', 'isLogger', 'loggerFds'],
  '@daemonium/logging/logger-fds': ['flushLogger', 'isLogger', 'logFatal', 'loggerFds', 'loggerFiles', 'loggerPaths'],
  '@daemonium/daemon': [
    'Daemon',
    'DaemonError',
    'NotRunningError',
    'OptionError',
    'StartError',
    'StartTimeoutError',
    'StopTimeoutError',
    'control',
    'drain',
    'isDaemonProcess',
  ],
  '@daemonium/daemon/testing': ['faulty', 'misbehave', 'parseFaultPlan', 'trackLeftovers', 'untilGone'],
  '@daemonium/lease': ['AlreadyLeasedError', 'Lease', 'LeaseError', 'LeaseFailedError', 'LeaseLostError', 'NotMyLeaseError'],
  '@daemonium/lease/postgres': ['postgres'],
  '@daemonium/lease/etcd': ['etcd'],
  daemonium: ['defineConfig'],
};

/** For the sibling packages: their types are of no use to anybody else. */
const INTERNAL = ['@daemonium/core/start', '@daemonium/core/handover', '@daemonium/core/registry'];

const all = entries();
const offered = all.filter(({ name }) => !INTERNAL.includes(name)).flatMap(({ types }) => exportsOf(types));

const namesAt = async (specifier: string): Promise<string[]> => Object.keys((await import(specifier)) as object).sort();

test('all entries are listed here', () => {
  expect(all.map(({ name }) => name)).toEqual(Object.keys(ENTRIES));
});

describe.each(all)('$name', ({ name, types, module }) => {
  const declared = exportsOf(types);

  test('the entry has at run time what is listed here, and what its declarations offer', async () => {
    const names = await namesAt(name);
    expect(names).toEqual(ENTRIES[name]);
    expect(names).toEqual(valuesOf(declared).sort());
  });

  test('the classes of the entry keep their names, whatever the bundler does', async () => {
    const classes = Object.entries((await import(name)) as object).filter(([, value]) => /^class\b/.test(String(value)));
    expect(classes.map(([, { name: own }]) => own)).toEqual(classes.map(([exported]) => exported));
  });

  test.skipIf(module === null)('has the same for bundlers', async () => {
    expect(await namesAt(module ?? '')).toEqual(ENTRIES[name]);
  });

  test('every type in its signatures can be imported', () => {
    expect(unnameable(declared, [...declared, ...offered])).toEqual([]);
  });
});

test('a daemon reads two files of the package, its launcher a third; both are complete without another package', () => {
  const files = {
    index: ['./daemon.js'],
    daemon: [],
    launcher: ['./daemon.js'],
    'module-main': ['./daemon.js'],
    'program-main': ['./daemon.js'],
    'run-program': ['./daemon.js'],
  };
  for (const [file, others] of Object.entries(files)) {
    const code = readFileSync(join(root, 'packages/daemon/dist', `${file}.js`), 'utf8');
    const imported = [...code.matchAll(/^(?:import|export)\b[^;]*?"([^"]+)";$/gm)].map(([, from = '']) => from);
    expect(
      imported.filter((from) => !from.startsWith('node:')),
      file,
    ).toEqual(others);
  }
});

// Finding and opening a file takes a start longer than reading a few KB more of one that it has open.
test.each(['core', 'daemon', 'lease', 'logging'])('%s: a file that is loaded later has 2 KB or more', (name) => {
  const at = join(root, 'packages', name);
  const manifest = readFileSync(join(at, 'package.json'), 'utf8');
  const programs = ['module-main.js', 'program-main.js', 'for-bundlers.js'];
  const later = readdirSync(join(at, 'dist')).filter(
    (file) => file.endsWith('.js') && !manifest.includes(`/dist/${file}"`) && !programs.includes(file),
  );
  expect(later.filter((file) => statSync(join(at, 'dist', file)).size < 2_000)).toEqual([]);
});

test('a type that no entry exports is found, wherever it is declared', () => {
  const daemon = exportsOf(all.find(({ name }) => name === '@daemonium/daemon')?.types ?? '');
  const without = (...names: string[]) => offered.filter(({ name }) => !names.includes(name));
  expect(unnameable(daemon, without('Startup', 'PidLockFile', 'StartFailure', 'DaemonEvents'))).toEqual([
    'DaemonEvents',
    'PidLockFile',
    'StartFailure',
    'Startup',
  ]);
});

function valuesOf(declared: readonly Declaration[]): string[] {
  return declared.filter(({ isValue }) => isValue).map(({ name }) => name);
}
