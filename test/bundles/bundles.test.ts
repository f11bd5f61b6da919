import { cpSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { singleExecutable } from '../daemon/launcher/inject-blob.ts';
import { observe } from '../helpers/observe.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { type Bundler, bundlers, type Format } from './bundlers.ts';
import { installBeside, installPackages } from './places.ts';

const APPLICATION = `
import { Daemon } from '@daemonium/daemon';
import { fileLogger } from '@daemonium/logging';

const [how, directory] = process.argv.slice(2);
const tell = (told) => console.log(JSON.stringify(told));
try {
  const daemon = new Daemon({
    name: 'bundled',
    ...(how === 'module' ? { target: directory + '/target.mjs' } : how === 'here' ? { target: directory + '/here.mjs', detach: false } : { target: () => void setInterval(() => {}, 1_000) }),
    ...(how === 'plain' || how === 'here' ? {} : { pidFile: directory + '/daemon.pid' }),
    ...(how === 'everything' ? { stdout: directory + '/out.log', logger: fileLogger({ path: directory + '/app.log', level: 'debug' }) } : {}),
  });
  AWAIT daemon.start().then(
    () => tell({ ok: true, pid: daemon.pid, running: daemon.isAlive() }),
    ({ code, message }) => tell({ ok: false, code, message }),
  );
} catch ({ code, message }) {
  tell({ ok: false, code, message });
}
`;

interface Told {
  readonly ok: boolean;
  readonly pid: number;
  readonly code?: string;
  readonly message?: string;
}

type Run = (how: 'everything' | 'plain' | 'module' | 'here', directory: string) => Promise<Told>;

const RUN = 'elsewhere/run';
const BARE = 'elsewhere/bare';

/** Builds in one folder, which is gone afterwards, and gives two others: with what has to lie beside a bundle, and without anything. */
async function built(box: Sandbox, format: Format, make: (entry: string, out: string) => Promise<unknown>): Promise<void> {
  for (const name of ['build/out', RUN, BARE]) mkdirSync(box.path(name), { recursive: true });
  installPackages(box.path('build'));
  // CommonJS has no top-level await.
  writeFileSync(box.path('build/application.mjs'), APPLICATION.replace('AWAIT', format === 'esm' ? 'await' : ''));
  await make(box.path('build/application.mjs'), box.path('build/out'));
  for (const name of [RUN, BARE]) {
    cpSync(box.path('build/out'), box.path(name), { recursive: true });
    writeFileSync(box.path(name, 'target.mjs'), 'export default () => void setInterval(() => {}, 1_000);');
    writeFileSync(box.path(name, 'here.mjs'), 'export default () => console.log(JSON.stringify({ ok: true, here: true }));');
  }
  renameSync(box.path('build'), box.path('gone'));
  // As `npm init` writes it: what is an ES module has to say so by its name.
  writeFileSync(box.path(RUN, 'package.json'), '{"type":"commonjs"}');
  installBeside(box.path(RUN), ['koffi', 'pino']);
}

async function works(box: Sandbox, run: Run): Promise<void> {
  const told = await run('everything', box.path(RUN));
  expect(told).toMatchObject({ ok: true, running: true });
  const pid = await box.readPid(`${RUN}/daemon.pid`);
  expect(told.pid).toBe(pid);
  expect(await box.isLocked(`${RUN}/daemon.pid`)).toBe(true);
  expect(observe(pid)).toMatchObject({ cwd: '/', tty: 0 });
  expect(readFileSync(box.path(RUN, 'app.log'), 'utf8')).toContain('stage 9 done');
  expect(await run('everything', box.path(RUN))).toMatchObject({ ok: false, code: 'ERR_ALREADY_LOCKED' });
  expect(await run('plain', box.path(BARE))).toMatchObject({ ok: true });
  await box.reap();
}

async function saysWhatIsMissing(box: Sandbox, run: Run, module: string): Promise<void> {
  expect(await run('module', box.path(RUN))).toMatchObject({ ok: false, code: module });
  const { code, message } = await run('everything', box.path(BARE));
  expect(code).toMatch(/^(ERR_KOFFI|MODULE_NOT_FOUND|ERR_PINO)$/);
  expect(message).toMatch(/Cannot find module '(pino|koffi)'/);
  expect(message).not.toMatch(/external|\.\./);
}

const directory = inject('bundlers');

const wanted = Object.entries<Bundler>(bundlers(directory ?? '/')).filter(([name]) => directory !== null || name === 'esbuild');
for (const [name, bundler] of wanted) {
  test.each<Format>(['esm', 'cjs'])(`${name}, %s`, async (format) => {
    const box = sandbox();
    const file = format === 'esm' ? 'bundle.mjs' : 'bundle.cjs';
    await built(box, format, (entry, out) => bundler(entry, join(out, file), format));
    const run: Run = async (how, at) => JSON.parse((await box.launch(join(at, file), { args: [how, at] })).stdout);
    await works(box, run);
    // In the foreground a target is imported by the bundle itself, and at run time.
    expect(await run('here', box.path(RUN))).toEqual({ ok: true, here: true });
    await saysWhatIsMissing(box, run, 'ERR_BUNDLED');
    installPackages(box.path(RUN));
    expect(await run('module', box.path(RUN))).toMatchObject({ ok: true });
  });
}

if (directory === null) test.skip('the other bundlers: they are not installed, and there is no network');

test.runIf(process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64'))('a single executable', async () => {
  const box = sandbox();
  await built(box, 'cjs', async (entry, out) => {
    const executable = await singleExecutable(dirname(entry), entry);
    cpSync(executable, join(out, 'app'));
  });
  const run: Run = async (how, at) => JSON.parse((await box.launch('', { executable: join(at, 'app'), args: [how, at] })).stdout);
  await works(box, run);
  await saysWhatIsMissing(box, run, 'ERR_NO_NODE');
});
