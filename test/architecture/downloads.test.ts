import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../helpers/http.ts';
import { sandbox } from '../helpers/sandbox.ts';

const { DownloadFailed, download, installPackages } = (await import(new URL('../../scripts/download.mjs', import.meta.url).href)) as {
  DownloadFailed: new () => Error & { readonly reason: string };
  download(title: string, command: string, args: readonly string[], options: object): Promise<string>;
  installPackages(title: string, wanted: { directory: string; dependencies: Record<string, string>; isThere(): boolean }): Promise<void>;
};

/** The error of npm's install of a package from this registry. */
async function failure(registry: string): Promise<unknown> {
  const box = sandbox();
  writeFileSync(box.path('package.json'), '{ "private": true, "dependencies": { "no-such-package": "1.0.0" } }');
  const args = ['install', '--no-audit', '--no-fund', '--fetch-retries=0', '--cache', box.path('cache'), '--registry', registry];
  return download('Installing', 'npm', args, { cwd: box.directory }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function registryThatAnswers(status: number): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end('{}'));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('a registry that is not reached or fails is told from a package that is not there', async () => {
  const [unreached, failing, missing] = await Promise.all([
    failure(`http://127.0.0.1:${await freePort()}/`),
    failure(await registryThatAnswers(503)),
    failure(await registryThatAnswers(404)),
  ]);
  expect(unreached).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') });
  expect(failing).toMatchObject({ reason: expect.stringContaining('E503') });
  expect(missing).toBeInstanceOf(Error);
  expect(missing).not.toBeInstanceOf(DownloadFailed);
  expect(String(missing)).toContain('E404');
});

test('packages are installed whole or not at all, also where an interrupted installation has left something', async () => {
  const box = sandbox();
  const directory = box.path('cache/one');
  mkdirSync(box.path('cache/one/node_modules'), { recursive: true });
  const isThere = () => existsSync(box.path('cache/one/installed'));
  const wanted = { directory, isThere, dependencies: { one: `file:${box.path('one.tgz')}` } };
  await expect(installPackages('Installing', wanted)).rejects.toThrow('npm install');
  expect([isThere(), readdirSync(box.path('cache'))]).toEqual([false, ['one']]);

  mkdirSync(box.path('package'));
  writeFileSync(box.path('package/package.json'), '{ "name": "one", "version": "1.0.0" }');
  execFileSync('tar', ['-czf', 'one.tgz', 'package'], { cwd: box.directory });
  await Promise.all([1, 2].map(() => installPackages('Installing', wanted)));
  expect(readdirSync(box.path('cache'))).toEqual(['one']);
  expect(readdirSync(directory).sort()).toEqual(['installed', 'node_modules', 'package-lock.json', 'package.json']);
});
