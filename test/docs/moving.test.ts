import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandBox } from '../cli/command.ts';
import { until } from '../helpers/wait.ts';
import { read } from './markdown.ts';

const APP = `
  if (process.send !== undefined) process.send('ready');
  console.log('at work');
  setInterval(() => {}, 1_000);
`;

/** The right column: what it has as code and begins with the command. */
function typedHere(page: string): string[] {
  const [table = ''] = /^\| typed there \| typed here \|\n(?:\|.*\n)+/m.exec(read(page)) ?? [];
  return table
    .split('\n')
    .map((row) => row.split(' | ')[1] ?? '')
    .flatMap((cell) => [...cell.matchAll(/`(daemonium [^`]+)`/g)].map(([, typed = '']) => typed));
}

/** What goes on until somebody ends it. */
const STAYS = / -f\b| --foreground\b/;

test.each([
  ['docs/moving-from-pm2.md', 20],
  ['docs/moving-from-forever.md', 12],
])('%s: its commands work, one after the other', async (page, atLeast) => {
  const command = commandBox();
  const typed = typedHere(page).map((line) => line.replaceAll('/srv', command.box.path('srv')));
  expect(typed.length).toBeGreaterThanOrEqual(atLeast);
  mkdirSync(command.box.path('srv'));
  mkdirSync(command.box.path('.bin'));
  command.program('app.js', APP);
  command.program('shop.js', APP);
  command.program('ecosystem.config.cjs', `module.exports = { apps: [{ name: 'shop', script: 'shop.js', autorestart: false }] };`);
  const { MAIN } = await import('../cli/command.ts');
  writeFileSync(command.box.path('.bin/daemonium'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, { mode: 0o755 });
  const env = {
    PATH: `${command.box.path('.bin')}:${process.env['PATH']}`,
    HOME: command.box.path('home'),
    XDG_STATE_HOME: command.box.path('state'),
  };
  for (const line of typed) {
    const running = command.box.spawn('-c', { executable: 'sh', args: [STAYS.test(line) ? `exec ${line}` : line], env });
    if (STAYS.test(line)) {
      await until(() => running.stdout.includes('at work'), { what: `the output of ${line}` });
      process.kill(running.pid, 'SIGTERM');
      await running.finished;
    } else expect(await running.finished, line).toMatchObject({ code: 0 });
  }
});
