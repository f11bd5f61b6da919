// What the registry and a user would get: packs the packages, lints the tarballs, and installs them into a project of its own.
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { packageNames } from '../scripts/build.mjs';
import { nativeFile } from '../scripts/build-native.mjs';
import { download, unlessDownloadFails } from '../scripts/download.mjs';
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

/** @param cache of npm; what it holds afterwards is enough for a second installation without a network */
async function consume(tarballs, directory, cache) {
  mkdirSync(directory);
  cpSync(join(root, '.ci/consumer'), directory, { recursive: true });
  const dependencies = Object.fromEntries(Object.entries(tarballs).map(([name, tarball]) => [name, `file:${tarball}`]));
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/@types/node/package.json'), 'utf8'));
  writeFileSync(
    join(directory, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies, devDependencies: { '@types/node': version } }, null, 2),
  );
  await download('Installing the tarballs into a new project', 'npm', ['install', '--no-audit', '--no-fund', '--cache', cache], {
    cwd: directory,
  });
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

const SERVER = `require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('listening'));\n`;

function expectEqual(what, found, expected) {
  if (found !== expected) throw new StepFailed(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
}

/** The daemon has the environment of the caller, and nothing of npx. */
function checkEnvironment(pid, { PATH }) {
  const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  expectEqual('variables of npx', variables.filter((each) => /^(npm_.*|NODE|COLOR|INIT_CWD)=/.test(each)).join(), '');
  expectEqual(
    'PATH',
    variables.find((each) => each.startsWith('PATH=')),
    `PATH=${PATH}`,
  );
}

/** `npx daemonium` of the tarballs on a version of Node, as somebody has it who has installed nothing. */
async function runCommand(wanted, { tarballs, directory, cache }) {
  const system = await loadObservers();
  const own = process.versions.node.split('.')[0] === wanted;
  const { binary, version } = own ? { binary: process.execPath, version: process.versions.node } : await nodeBinary(wanted);
  console.log(`\n=== npx daemonium on Node ${version}`);
  const token = randomUUID();
  const home = join(directory, `home-${wanted}`);
  // Packages that are downloaded, and none that is installed: then no failure here is the registry's.
  cpSync(join(cache, '_cacache'), join(home, '.npm/_cacache'), { recursive: true });
  writeFileSync(join(home, 'server.cjs'), SERVER);
  const env = { ...process.env, HOME: home, XDG_STATE_HOME: join(home, 'state'), [system.TOKEN_VARIABLE]: token };
  env.PATH = `${dirname(binary)}${delimiter}${process.env.PATH}`;
  // npm's own program, by that Node: npx is its neighbour.
  const packages = Object.values(tarballs).flatMap((tarball) => ['--package', tarball]);
  const npx = ['--yes', '--offline', '--no-update-notifier', ...packages, '--', 'daemonium'];
  const daemonium = (...words) =>
    execFileSync(binary, [npxProgram(), ...npx, ...words], { cwd: home, env, encoding: 'utf8', timeout: 120_000 });
  try {
    const started = daemonium('start', 'server.cjs', '--ready', 'listening');
    const [row] = JSON.parse(daemonium('list', '--json'));
    expectEqual('start', started, `server started, pid ${row.pid}\n`);
    expectEqual('its lock', system.lockHolders(join(home, 'state/daemonium/server.pid')).join(), String(row.pid));
    checkEnvironment(row.pid, env);
    // It is ready a moment before the program prints that.
    await system.until(() => daemonium('logs', 'server') === 'listening\n', { what: 'the line in its log' });
    const upgraded = daemonium('upgrade', 'server');
    const pid = Number(daemonium('pid', 'server'));
    expectEqual('upgrade', upgraded, `server upgraded, pid ${pid}; pid ${row.pid} ends when its connections do\n`);
    expectEqual('stop', daemonium('stop', 'server'), `server stopped, pid ${pid}\n`);
    expectEqual('whether it runs', system.isRunning(pid), false);
    console.log(`pid ${row.pid} started, listed, showed its log; pid ${pid} took over, and was stopped`);
  } finally {
    await system.reap(token);
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
    const cache = join(directory, 'cache');
    await unlessDownloadFails('the packages as a user installs them', async () => {
      await consume(tarballs, join(directory, 'consumer'), cache);
      for (const wanted of ['20', '22', '24', '26'])
        await unlessDownloadFails(`npx daemonium on Node ${wanted}`, () => runCommand(wanted, { tarballs, directory, cache }));
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
