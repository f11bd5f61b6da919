// Copies of the checkout, in which a source can be changed without anybody noticing.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const COPIED = [
  'packages',
  'test',
  'docs',
  'examples',
  'bench',
  '.ci',
  'scripts',
  'package.json',
  'vitest.config.ts',
  'tsconfig.base.json',
  'tsconfig.json',
];
/** One copy. It lies in the temporary directory, and is removed with the process. */
export class Checkout {
  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'daemonium-mutants-'));
    // Tests run programs of it as other users, too.
    chmodSync(this.directory, 0o755);
    process.on('exit', () => rmSync(this.directory, { recursive: true, force: true }));
    for (const path of COPIED) {
      // The links of the packages' node_modules are relative, and so mean the copy's.
      cpSync(join(root, path), join(this.directory, path), { recursive: true, verbatimSymlinks: true });
    }
    // A tree of its own: what is linked to the checkout's would find the checkout's packages. Hard links, where there can be any.
    const modules = join(this.directory, 'node_modules');
    mkdirSync(modules);
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (/^\.(cache|vite|vite-temp)$/.test(name)) continue;
      const [from, to] = [join(root, 'node_modules', name), join(modules, name)];
      if (spawnSync('cp', ['-al', from, to]).status !== 0) cpSync(from, to, { recursive: true, verbatimSymlinks: true, force: true });
    }
  }

  /** Builds what is given, or everything. */
  async build(...packages) {
    // A part of core is in the daemon's file, too.
    const also = packages.includes('core') ? ['daemon'] : [];
    const names = packages.length === 0 ? ['core', 'logging', 'daemon', 'lease', 'cli'] : [...packages, ...also];
    const { code, output } = await this.#run([join(this.directory, 'scripts/build.mjs'), ...names], 120_000);
    if (code !== 0) throw new Error(`The build failed:\n${output}`);
  }

  /** The test files that fail as they are. */
  async failing(filters, timeout) {
    const groups = [filters.filter(isOfSystems), filters.filter((filter) => !isOfSystems(filter))].filter((group) => group.length > 0);
    const failing = [];
    for (const group of groups) failing.push(...(await this.#failingOf(group, timeout)));
    return failing;
  }

  async #failingOf(filters, timeout) {
    const { code, output } = await this.#vitest(filters, [], timeout);
    const files = [...new Set([...output.matchAll(/^ FAIL {2}(?:\|\w+\| )?(\S+)/gm)].map(([, file]) => file))];
    if (code !== 0 && files.length === 0) throw new Error(`The tests did not run:\n${output}`);
    return files;
  }

  /** Runs tests until the first fails. */
  async test(filters, timeout) {
    const { code, output } = await this.#vitest(filters, ['--bail', '1'], timeout);
    return {
      passed: code === 0,
      timedOut: code === null,
      failed: /^ FAIL {2}(?:\|\w+\| )?(.*)$/m.exec(output)?.[1] ?? 'together with the tests',
    };
  }

  #vitest(filters, options, timeout) {
    // A filter may be for tests that are yet to be written.
    const known = filters.filter((filter) => this.#matches(filter));
    if (known.length === 0) throw new Error(`No test file matches ${filters.join(', ')}`);
    const vitest = join(this.directory, 'node_modules/vitest/vitest.mjs');
    const config = known.some(isOfSystems) ? ['--config', 'test/systems/vitest.config.mjs'] : [];
    return this.#run([vitest, 'run', '--maxWorkers', '1', '--no-color', ...config, ...options, ...known], timeout);
  }

  read(file) {
    return readFileSync(join(this.directory, 'packages', file), 'utf8');
  }

  write(file, text) {
    writeFileSync(join(this.directory, 'packages', file), text);
  }

  #matches(filter) {
    if (filter.endsWith('.test.ts')) return existsSync(join(this.directory, filter));
    const directory = join(this.directory, filter);
    if (existsSync(directory)) return readdirSync(directory, { recursive: true }).some((name) => name.endsWith('.test.ts'));
    const parent = join(directory, '..');
    return existsSync(parent) && readdirSync(parent).some((name) => name.startsWith(basename(filter)) && name.endsWith('.test.ts'));
  }

  /** A process group of its own, so that nothing of a hanging test stays. `code` is null when the time was over. */
  #run(args, timeout) {
    const child = spawn(process.execPath, args, { cwd: this.directory, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    // Ctrl-C ends this process; the group would go on.
    const end = () => killGroup(child.pid);
    process.once('exit', end);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        // Vitest first: it sweeps what its tests have started.
        child.kill('SIGTERM');
        setTimeout(() => killGroup(child.pid), 10_000).unref();
        resolve({ code: null, output });
      }, timeout);
      child.on('exit', (code) => {
        clearTimeout(timer);
        process.off('exit', end);
        resolve({ code: code ?? 1, output });
      });
    });
  }
}

/** Tests of real systems have a configuration of their own, which knows no others. */
function isOfSystems(filter) {
  return filter.startsWith('test/systems');
}

function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {}
}
