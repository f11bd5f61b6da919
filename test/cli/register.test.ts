import { expect, test } from 'vitest';
import { ownPlaces, register } from '../../packages/core/src/registry/index.ts';
import { commandBox } from './command.ts';

const CONTROLLED = `
  import { control, Daemon } from '@daemonium/daemon';
  import { register, noteStarted, ownPlaces } from '@daemonium/core/registry';
  const [verb] = process.argv.slice(2);
  const daemon = new Daemon({ name: 'own', pidFile: 'own.pid', target() { setInterval(() => {}, 1000); } });
  if (verb === 'start') register({ name: 'own', by: 'control', script: process.argv[1], pidFile: daemon.pidFile.path, stdout: null, stderr: null });
  await control(daemon);
  if (verb === 'start') noteStarted(ownPlaces(), 'own', '0.1.0');
`;

test('a program that calls control() and registers is listed, started, and stopped as any other', async () => {
  const command = commandBox();
  const { symlinkSync } = await import('node:fs');
  const { fileURLToPath } = await import('node:url');
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), command.box.path('node_modules'));
  const script = command.program('own.mjs', CONTROLLED);
  const env = { HOME: command.box.path('home'), XDG_STATE_HOME: command.box.path('state') };
  expect(await command.box.launch(script, { args: ['start'], env })).toMatchObject({ code: 0 });
  const [row] = await command.list();
  expect(row).toMatchObject({ name: 'own', state: 'running', script, log: null });
  expect(await command.done('stop', 'own')).toBe(`own stopped, pid ${row?.pid}\n`);
  expect(await command.run(['logs', 'own'])).toMatchObject({ code: 0, stderr: 'own has no log that is known\n' });
  expect((await command.run(['start', 'own'], { cwd: '/' })).stdout).toMatch(/^own started, pid \d+\n$/);
  expect((await command.one('own')).state).toBe('running');
  expect((await command.run(['restart', 'own'])).stdout).toMatch(/^own restarted, pid \d+\n$/);
  await command.done('delete', 'own');
  expect(await command.list()).toEqual([]);
});

test('registering again changes nothing, and a name that is taken stays', () => {
  const command = commandBox();
  const places = ownPlaces({ XDG_STATE_HOME: command.box.path('state') });
  const first = register({ name: 'own', by: 'control', script: '/a.mjs' }, places);
  expect(register({ name: 'own', by: 'control', script: '/a.mjs', created: 'later' }, places)).toEqual(first);
  const changed = register({ name: 'own', by: 'control', script: '/a.mjs', args: ['x'] }, places);
  expect(changed).toMatchObject({ args: ['x'], created: first.created });
  expect(() => register({ name: 'own', by: 'control', script: '/b.mjs' }, places)).toThrow(
    expect.objectContaining({ code: 'ERR_NAME_TAKEN' }),
  );
  expect(() => register({ name: '../x', by: 'control', script: '/b.mjs' }, places)).toThrow(
    expect.objectContaining({ code: 'ERR_OPTION_VALUE' }),
  );
});
