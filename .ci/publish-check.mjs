// What the registry and a user would get: packs the packages, lints the tarballs, and installs them into a project of its own.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { packageNames } from '../scripts/build.mjs';
import { nativeFile } from '../scripts/build-native.mjs';
import { root } from '../scripts/install.mjs';
import { nodeBinary } from '../scripts/node-binary.mjs';
import { loadObservers } from '../scripts/observers.mjs';
import { main, runQuietly, runVisibly, StepFailed } from '../scripts/progress.mjs';

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const typescript = join(root, 'node_modules/typescript/bin/tsc');

/** Packs every package; gives the tarballs by package name. */
async function pack(directory) {
  const tarballs = {};
  for (const name of packageNames) {
    await runQuietly(`Packing ${name}`, 'npx', ['--yes', packageManager, 'pack', '--pack-destination', directory], {
      cwd: join(root, 'packages', name),
    });
    const { name: full } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
    const prefix = `${full.replace('@', '').replace('/', '-')}-`;
    const file = readdirSync(directory).find((tarball) => tarball.startsWith(prefix) && /^\d/.test(tarball.slice(prefix.length)));
    tarballs[full] = join(directory, file);
  }
  return tarballs;
}

/** Core's addon, and its source: what runs as native code can be read, and built again. */
const ADDON = /^package\/(dist\/syscall-linux-(x64|arm64)\.node|native\/syscall\.c)$/;

function checkContents(tarball) {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
  const missing = ['LICENSE', 'README.md', 'package.json', 'dist/index.js', 'dist/types/index.d.ts'].filter(
    (file) => !files.includes(`package/${file}`),
  );
  const surplus = files.filter(
    (file) =>
      !/^package\/(LICENSE|(README|THIRD-PARTY)\.md|package\.json|dist\/respawn\.sh|dist\/([\w-]+\/)*[\w.-]+\.(js|js\.map|d\.ts))$/.test(
        file,
      ) && !ADDON.test(file),
  );
  if (missing.length > 0) throw new StepFailed(`${tarball} lacks ${missing.join(', ')}`);
  if (surplus.length > 0) throw new StepFailed(`${tarball} holds ${surplus.join(', ')}`);
  const manifest = JSON.parse(execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }));
  const local = Object.entries(manifest.dependencies ?? {}).filter(([, range]) => !/^\^?\d/.test(range));
  if (local.length > 0) throw new StepFailed(`${tarball} depends on ${local.join(', ')}`);
  console.log(`${files.length} files, ${manifest.name}@${manifest.version}`);
}

async function lint(tarballs) {
  for (const [name, tarball] of Object.entries(tarballs)) {
    checkContents(tarball);
    await runVisibly(`publint ${name}`, process.execPath, [join(root, 'node_modules/publint/src/cli.js'), 'run', tarball, '--strict']);
    await runQuietly(`are-the-types-wrong ${name}`, process.execPath, [
      join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'),
      tarball,
      ...['--profile', 'esm-only', '--no-emoji', '--format', 'ascii'],
    ]);
  }
}

async function consume(tarballs, directory) {
  mkdirSync(directory);
  cpSync(join(root, '.ci/consumer'), directory, { recursive: true });
  const dependencies = Object.fromEntries(Object.entries(tarballs).map(([name, tarball]) => [name, `file:${tarball}`]));
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/@types/node/package.json'), 'utf8'));
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies, devDependencies: { '@types/node': version } }, null, 2),
  );
  await runQuietly('Installing the tarballs into a new project', 'npm', ['install', '--no-audit', '--no-fund'], { cwd: directory });
  await runVisibly('Type-check without skipLibCheck', process.execPath, [typescript, '-p', '.'], { cwd: directory });
  await runVisibly('require() from CommonJS', process.execPath, ['require.cjs'], { cwd: directory });
  checkAddon(directory);
  await runDaemon(directory);
}

/** What was built for this machine is what the installed package loads. */
function checkAddon(directory) {
  if (!existsSync(nativeFile(process.arch))) return console.log('\n=== No addon: there is no C compiler, and koffi makes the system calls');
  const take = `new (await import('@daemonium/core')).PidLockFile('addon.pid').acquireSync().release()`;
  const tell = `console.log(process.getBuiltinModule('fs').readFileSync('/proc/self/maps', 'latin1'))`;
  const maps = execFileSync(process.execPath, ['--input-type=module', '-e', `${take}; ${tell}`], { cwd: directory, encoding: 'utf8' });
  if (!maps.includes(basename(nativeFile(process.arch))) || maps.includes('koffi'))
    throw new StepFailed('The installed package does not load its addon for a lock, or loads koffi');
  console.log('\n=== The installed package loads its addon for a lock, and no koffi');
}

async function runDaemon(directory) {
  console.log('\n=== A daemon from the installed tarballs');
  const system = await loadObservers();
  const token = randomUUID();
  const pidFile = join(directory, 'service.pid');
  const service = (verb) => {
    const env = { ...process.env, [system.TOKEN_VARIABLE]: token };
    return Number(execFileSync(process.execPath, ['service.mjs', verb], { cwd: directory, env, encoding: 'utf8', timeout: 30_000 }));
  };
  try {
    const started = service('start');
    const holders = system.lockHolders(pidFile);
    if (!(started > 1) || holders.join() !== String(started))
      throw new StepFailed(`started ${started}, but the lock is held by ${holders.join()}`);
    const stopped = service('stop');
    if (stopped !== started) throw new StepFailed(`started ${started}, stopped ${stopped}`);
    if (existsSync(pidFile) || system.isRunning(started)) throw new StepFailed(`${started} or its pid file is left after stop`);
    console.log(`pid ${started} started, held the lock, stopped, left nothing`);
  } finally {
    await system.reap(token);
  }
}

/** `npx daemonium` of the tarballs, in an empty directory, on each version of Node. */
async function runCommand(tarballs, directory) {
  const system = await loadObservers();
  for (const wanted of ['20', '22', '24', '26']) {
    const own = process.versions.node.split('.')[0] === wanted;
    const { binary, version } = own ? { binary: process.execPath, version: process.versions.node } : await nodeBinary(wanted);
    console.log(`\n=== npx daemonium on Node ${version}`);
    const token = randomUUID();
    const home = join(directory, `home-${wanted}`);
    mkdirSync(home);
    writeFileSync(join(home, 'server.cjs'), "require('node:http').createServer().listen(0, '127.0.0.1');");
    const env = { ...process.env, HOME: home, XDG_STATE_HOME: join(home, 'state'), [system.TOKEN_VARIABLE]: token };
    env.PATH = `${dirname(binary)}${delimiter}${process.env.PATH}`;
    // npm's own program, by that Node: npx is its neighbour.
    const npx = ['--yes', ...Object.values(tarballs).flatMap((tarball) => ['--package', tarball]), '--', 'daemonium'];
    const daemonium = (...words) =>
      execFileSync(binary, [npxProgram(), ...npx, ...words], { cwd: home, env, encoding: 'utf8', timeout: 120_000 });
    try {
      const started = daemonium('start', 'server.cjs', '--ready', 'listening');
      const [row] = JSON.parse(daemonium('list', '--json'));
      const holders = system.lockHolders(join(home, 'state/daemonium/server.pid'));
      if (started !== `server started, pid ${row.pid}\n` || holders.join() !== String(row.pid)) {
        throw new StepFailed(`'${started.trim()}', listed as ${row.pid}, and the lock is held by ${holders.join()}`);
      }
      if (daemonium('stop', 'server') !== `server stopped, pid ${row.pid}\n` || system.isRunning(row.pid))
        throw new StepFailed(`${row.pid} was not stopped`);
      console.log(`pid ${row.pid} started, listed, stopped`);
    } finally {
      await system.reap(token);
    }
  }
}

/** The JavaScript behind the npx in PATH. */
function npxProgram() {
  return realpathSync(execFileSync('sh', ['-c', 'command -v npx'], { encoding: 'utf8' }).trim());
}

await main(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-publish-'));
  try {
    const tarballs = await pack(directory);
    await lint(tarballs);
    await consume(tarballs, join(directory, 'consumer'));
    await runCommand(tarballs, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
