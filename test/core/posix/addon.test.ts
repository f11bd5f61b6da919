import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { type CallName, numberOf } from '../../../packages/core/src/posix/syscall-numbers.ts';
import { addonFile, caller, callerIn } from '../../helpers/caller.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { notRoot } from '../hold.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const dist = join(root, 'packages/core/dist');
const has = (command: string) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
const addons = readdirSync(dist).filter((name) => name.endsWith('.node'));

test.skipIf(!has('cc'))('where a C compiler is, there is an addon', () => {
  expect(existsSync(addonFile)).toBe(true);
});

test.skipIf(!has('readelf')).each(addons)(
  '%s asks the process for what it needs, and no library, so that it serves glibc and musl',
  (name) => {
    const readelf = (...options: string[]) => execFileSync('readelf', ['-W', ...options, join(dist, name)], { encoding: 'utf8' });
    const dynamic = readelf('--dynamic');
    expect(dynamic).not.toMatch(/NEEDED|RPATH|RUNPATH|TEXTREL/);
    // A symbol that is missing is an error of dlopen(3) then, and does not end the process at a call.
    expect(dynamic).toMatch(/FLAGS_1.*NOW/);
    const symbols = readelf('--dyn-syms')
      .split('\n')
      .flatMap((line) => /GLOBAL +DEFAULT +(UND|\d+) (\S+)$/.exec(line)?.slice(1, 3) ?? [])
      .flatMap((_, index, all) => (index % 2 === 0 ? [[all[index], all[index + 1]] as const] : []));
    const wanted = symbols.flatMap(([section, symbol]) => (section === 'UND' ? [symbol] : []));
    expect(wanted).toEqual(expect.arrayContaining(['syscall', '__errno_location', 'napi_create_function']));
    // A version (symbol@GLIBC_2.17) would be glibc's alone.
    expect(wanted.filter((symbol) => !/^(syscall|__errno_location|napi_\w+)$/.test(symbol ?? ''))).toEqual([]);
    expect(symbols.flatMap(([section, symbol]) => (section === 'UND' ? [] : [symbol])).sort()).toEqual([
      'napi_register_module_v1',
      'node_api_module_get_api_version_v1',
    ]);
    expect(readelf('--program-headers')).toMatch(/GNU_STACK.* RW +0x/);
    if (name.includes('x64')) expect(statSync(join(dist, name)).size).toBeLessThan(16_384);
  },
);

const load = () => {
  const module = { exports: {} };
  process.dlopen(module, addonFile);
  return module.exports as (...values: unknown[]) => number;
};
const noAddon = !existsSync(addonFile);

test.skipIf(noAddon)('syscall(): the result or -errno, and an error for an argument that is no integer', () => {
  const syscall = load();
  const flock = numberOf('flock');
  const EBADF = 9;
  expect([syscall(flock, 999_999, 2), syscall(BigInt(flock), 999_999n, 2n), syscall(flock, 2n ** 64n - 1n, 2)]).toEqual([
    -EBADF,
    -EBADF,
    -EBADF,
  ]);
  const time = new BigInt64Array(3);
  // Into the memory of a view that begins later than its buffer.
  expect(syscall(numberOf('clock_gettime'), 7, time.subarray(1))).toBe(0);
  expect([time[0], time[1]! > 0n]).toEqual([0n, true]);
  for (const wrong of [
    [],
    ['1'],
    [null],
    [undefined],
    [{}],
    [Number.NaN],
    [1.5],
    [2 ** 60],
    [Number.POSITIVE_INFINITY],
    [2n ** 64n],
    [-(2n ** 63n) - 1n],
  ]) {
    expect(() => syscall(...wrong), String(wrong)).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }));
    expect(() => syscall(flock, ...(wrong.length === 0 ? new Array(7).fill(0) : wrong)), String(wrong)).toThrow(TypeError);
  }
});

test.skipIf(noAddon)('a worker loads it as well, before and after the main thread has', async () => {
  const code = `
    const { parentPort, workerData: { file, number } } = require('node:worker_threads');
    const module_ = { exports: {} };
    process.dlopen(module_, file);
    parentPort.postMessage(module_.exports(number, 999_999, 2));`;
  for (let count = 0; count < 2; count++) {
    const worker = new Worker(code, { eval: true, workerData: { file: addonFile, number: numberOf('flock') } });
    expect(await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))).toBe(-9);
    await worker.terminate();
    expect(load()(numberOf('flock'), 999_999, 2)).toBe(-9);
  }
});

/** What the system's headers say; those of x86-64 are only on x86-64, the generic ones, which arm64 uses, everywhere. */
function numbersOf(header: string, names: readonly string[]): number[] {
  const source = ['#define __ARCH_WANT_SET_GET_RLIMIT', `#include <${header}>`, ...names.map((name) => `= __NR_${name}`)].join('\n');
  const text = execFileSync('cc', ['-E', '-P', '-'], { input: source, encoding: 'utf8' });
  return [...text.matchAll(/^= (\d+)$/gm)].map(([, number]) => Number(number));
}

const noHeaders = !has('cc') || !existsSync('/usr/include/asm-generic/unistd.h') || process.arch !== 'x64';
const CALLS: Readonly<Record<CallName, string>> = {
  ...{
    fcntl: 'fcntl',
    flock: 'flock',
    chroot: 'chroot',
    setrlimit: 'setrlimit',
    socket: 'socket',
    connect: 'connect',
  },
  ...{ timer_create: 'timer_create', timer_settime: 'timer_settime', timer_delete: 'timer_delete', clock_gettime: 'clock_gettime' },
  ...{ pidfd_open: 'pidfd_open', pidfd_send_signal: 'pidfd_send_signal', send: 'sendto', getsockopt: 'getsockopt', dup2: 'dup2' },
};

test.skipIf(noHeaders)("the numbers are the kernel's", () => {
  const names = Object.keys(CALLS) as CallName[];
  const x64 = numbersOf('asm/unistd_64.h', Object.values(CALLS));
  expect(names.map((name) => [name, numberOf(name, 'x64')])).toEqual(names.map((name, index) => [name, x64[index]]));
  const generic = numbersOf('asm-generic/unistd.h', Object.values({ ...CALLS, dup2: 'dup3' }));
  expect(names.map((name) => [name, numberOf(name, 'arm64')])).toEqual(names.map((name, index) => [name, generic[index]]));
  expect(() => numberOf('flock', 's390x')).toThrow(expect.objectContaining({ code: 'ERR_PLATFORM' }));
  expect(numberOf('pidfd_open', 's390x')).toBe(434);
  // Android is Linux to the kernel.
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: 'linux' }));
  Object.defineProperty(process, 'platform', { value: 'android' });
  expect(numberOf('pidfd_open')).toBe(434);
  Object.defineProperty(process, 'platform', { value: 'darwin' });
  expect(() => numberOf('pidfd_open')).toThrow(expect.objectContaining({ code: 'ERR_PLATFORM' }));
});

/** A copy of the built package in a project of its own, with koffi or without. */
function installed(box: Sandbox, koffi: boolean): string {
  const core = box.path('node_modules/@daemonium/core');
  mkdirSync(dirname(core), { recursive: true });
  cpSync(dist, join(core, 'dist'), { recursive: true });
  cpSync(join(root, 'packages/core/package.json'), join(core, 'package.json'));
  if (koffi) symlinkSync(join(root, 'node_modules/koffi'), box.path('node_modules/koffi'));
  return join(core, 'dist', `syscall-${process.platform}-${process.arch}.node`);
}

const LOCK = `
  import { readFileSync } from 'node:fs';
  import { PidLockFile } from '@daemonium/core';
  try {
    new PidLockFile('x.pid').acquireSync().seal().release();
    console.log(readFileSync('/proc/self/maps', 'latin1'));
  } catch (error) { console.log(error.name, error.code, error.message); }`;

const locked = (box: Sandbox, execArgv: string[] = []) =>
  box.launch('', { execArgv: [...execArgv, '--input-type=module', '-e', LOCK], cwd: box.directory });

test.skipIf(noAddon)('with the addon the lock needs no koffi; an addon that cannot be loaded is as good as none', async () => {
  const box = sandbox();
  const addon = installed(box, false);
  expect(callerIn((await locked(box)).stdout)).toBe('addon');
  truncateSync(addon, 100);
  expect((await locked(box)).stdout).toMatch(/^LockFailedError ERR_KOFFI .*Cannot load koffi/);
  symlinkSync(join(root, 'node_modules/koffi'), box.path('node_modules/koffi'));
  expect(callerIn((await locked(box)).stdout)).toBe('koffi');
});

test.skipIf(notRoot)('on a file system without the right to execute neither may be loaded, and the error says so', async () => {
  const box = sandbox();
  const script = `
    mkdir "$1" && mount -t tmpfs -o "$1" none "$1" && cd "$1" && mkdir -p node_modules/@daemonium/core node_modules/koffi &&
    cp -r "$2/packages/core/dist" "$2/packages/core/package.json" node_modules/@daemonium/core/ && cp -rL "$2/node_modules/koffi/." node_modules/koffi/ &&
    cp -rL "$2"/node_modules/.pnpm/@koromix+koffi*/node_modules/@koromix node_modules/ && exec "$3" --input-type=module -e "$4"`;
  const mounted = async (option: string) => {
    const args = ['-m', 'sh', '-c', script, 'sh', option, root, process.execPath, LOCK];
    return (await box.launch('', { executable: 'unshare', args, cwd: box.directory })).stdout;
  };
  expect(callerIn(await mounted('exec'))).toBe(caller);
  expect(await mounted('noexec')).toMatch(/^LockFailedError ERR_KOFFI .*Cannot load koffi/);
});
