import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { notRoot } from '../core/hold.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { transcript } from './console.ts';
import { allBlocks, type Block, root } from './markdown.ts';

const found = allBlocks();
const PROGRAM = /^(js|mjs|ts|mts|javascript)$/;
const programs = found.filter(({ language }) => PROGRAM.test(language));
const where = ({ page, line }: Block): string => `${page}:${line}`;

const OPTIONS = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  // A reader's JavaScript has no annotations.
  noImplicitAny: false,
  noImplicitThis: false,
  useUnknownInCatchVariables: false,
  allowJs: true,
  checkJs: true,
  noEmit: true,
  skipLibCheck: true,
};

test('the programs in the documentation are right by their types', () => {
  const directory = join(root, 'node_modules/.cache/daemonium/docs');
  rmSync(directory, { recursive: true, force: true });
  const files = new Map(
    programs.map((block) => {
      const isTypeScript = /^m?ts$/.test(block.language);
      const file = join(block.page.replaceAll(/\W/g, '-'), block.name ?? `line-${block.line}.${isTypeScript ? 'mts' : 'mjs'}`);
      const given = block.directives.flatMap((directive) => (directive.startsWith('given:') ? [directive.slice('given:'.length)] : []));
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      // On one line, so that the numbers in messages stay right; and a module, whatever is in it.
      writeFileSync(join(directory, file), `export {};${given.join(' ').replaceAll('\n', ' ')}${block.code}`);
      return [file, block] as const;
    }),
  );
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, files: [...files.keys()] }));
  const { stdout, status } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', directory, '--pretty', 'false'],
    {
      cwd: directory,
      encoding: 'utf8',
    },
  );
  const inPages = stdout.replaceAll(/^([\w./-]+)\((\d+),(\d+)\)/gm, (text, file: string, line: string) => {
    const block = files.get(file);
    return block === undefined ? text : `${block.page}:${block.line + Number(line)}`;
  });
  expect(inPages).toBe('');
  expect(status).toBe(0);
});

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

test.each(found.filter(({ language }) => /^(sh|bash|shell)$/.test(language)).map((block) => [where(block), block] as const))(
  '%s can be read by a shell, and names scripts that exist',
  (_where, { code }) => {
    execFileSync('/bin/sh', ['-n', '-c', code]);
    for (const [, script = ''] of code.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(script);
  },
);

test.each(found.filter(({ language }) => language === 'json').map((block) => [where(block), block] as const))(
  '%s is JSON',
  (_where, { code }) => {
    for (const line of code.trim().split(/\n(?=\{)/)) expect(() => JSON.parse(line)).not.toThrow();
  },
);

const mayMount = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/run']).status === 0;

/** Root's pid files are in /run, by the names of the daemons, and other blocks and runs have daemons of these names. */
function inOwnRun(script: string) {
  if (!mayMount) return { executable: '/bin/sh', args: ['-c', script] };
  return { executable: 'unshare', args: ['-m', 'sh', '-c', 'mount -t tmpfs none /run && exec sh -c "$0"', script] };
}

describe('the console blocks of the documentation show the real output', () => {
  const consoles = found.filter(({ directives }) => directives.some((directive) => /^run( as root)?$/.test(directive)));

  test('every console block of the documentation is run', () => {
    expect(found.filter((block) => block.language === 'console' && !consoles.includes(block)).map(where)).toEqual([]);
  });

  // They mostly wait.
  test.concurrent.for(consoles.map((block) => [where(block), block] as const))('%s', async ([, block], { skip, onTestFinished }) => {
    skip(block.directives.includes('run as root') && notRoot !== false, String(notRoot));
    expect(block.language).toBe('console');
    const box = sandbox(onTestFinished);
    symlinkSync(join(root, 'node_modules'), box.path('node_modules'));
    mkdirSync(box.path('.bin'));
    const command = `#!/bin/sh\nexec node '${join(root, 'packages/cli/dist/main.js')}' "$@"\n`;
    writeFileSync(box.path('.bin/daemonium'), command, { mode: 0o755 });
    for (const { page, name, code } of found) if (page === block.page && name !== null) writeFileSync(box.path(name), code);
    const { script, expected } = transcript(block.code);
    const { stdout, stderr } = await box.launch('', {
      ...inOwnRun(script),
      env: {
        PATH: `${box.path('.bin')}:${dirname(process.execPath)}:${process.env['PATH']}`,
        HOME: box.directory,
        // As root, too, what is shown is a user's.
        XDG_STATE_HOME: box.path('.local/state'),
        // A reader has the port to himself.
        PORT: '0',
      },
      // A dozen commands, some of which wait.
      deadline: 50_000,
    });
    expect(stdout + stderr).toMatch(expected);
  });
});
