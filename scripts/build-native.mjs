// Builds core's addon, one file for each processor that there is a C compiler for. Without one koffi makes the calls, so none is no error;
// `node scripts/build-native.mjs x64 arm64` insists on these.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const core = join(dirname(dirname(fileURLToPath(import.meta.url))), 'packages/core');
const CROSS_COMPILERS = { x64: 'x86_64-linux-gnu-gcc', arm64: 'aarch64-linux-gnu-gcc' };

const FLAGS = [
  ...['-std=c99', '-O2', '-Wall', '-Wextra', '-Werror', '-fPIC', '-fvisibility=hidden'],
  // Neither a library nor what the compiler's own would be needed for.
  ...['-shared', '-nostdlib', '-ffreestanding', '-fno-stack-protector', '-fno-asynchronous-unwind-tables'],
  // A symbol that the process has not is found out when the file is loaded, and not at a call; and the same source gives the same file.
  ...['-Wl,-z,now', '-Wl,-z,relro', '-Wl,-z,noexecstack', '-Wl,--build-id=none', '-Wl,-s'],
];

/** The path of a processor's file. */
export const nativeFile = (arch) => join(core, 'dist', `syscall-linux-${arch}.node`);

/** Builds what can be built. Gives the processors whose file is there now. */
export function buildNative() {
  if (process.platform !== 'linux') return [];
  return Object.keys(CROSS_COMPILERS).filter(compile);
}

function compile(arch) {
  const compiler = process.arch === arch ? 'cc' : CROSS_COMPILERS[arch];
  const file = nativeFile(arch);
  const made = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  const { error, status, stderr } = spawnSync(compiler, [...FLAGS, '-o', made, join(core, 'native/syscall.c')], { encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    // Not an older one, built from another source.
    for (const path of [made, file]) rmSync(path, { force: true });
    if (error?.code !== 'ENOENT') console.warn(`${compiler} failed, so koffi makes the system calls:\n${error?.message ?? stderr.trim()}`);
    return false;
  }
  // Somebody may be running it: replaced whole, and only if it changed.
  if (existsSync(file) && readFileSync(file).equals(readFileSync(made))) rmSync(made);
  else renameSync(made, file);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = buildNative();
  for (const arch of built) console.log(nativeFile(arch));
  const missing = process.argv.slice(2).filter((arch) => !built.includes(arch));
  if (missing.length > 0) throw new Error(`Not built for ${missing.join(', ')}: no C compiler, or the wrong one`);
}
