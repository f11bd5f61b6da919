import { describe, expect, inject, test } from 'vitest';
import type { Launched } from '../helpers/launch.ts';
import { allPids, childrenOf, observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { boot, type Machine } from './machine.ts';
import { openPage } from './page.ts';

const page = openPage('docs/containers.md');

interface Image {
  readonly directory: string;
  readonly user: string;
  readonly command: readonly string[];
}

/** What the page's Dockerfile makes of the program. */
function image(): Image {
  const { code } = page.take('FROM node');
  const line = (word: string): string => new RegExp(`^${word} (.*)$`, 'm').exec(code)?.[1] ?? '';
  return { directory: line('WORKDIR'), user: line('USER'), command: JSON.parse(line('CMD')) as string[] };
}

interface Container {
  readonly outer: Launched;
  /** Of its pid 1, as this process sees it. */
  readonly init: number;
}

/** Runs the image's command as pid 1 of a pid namespace, by way of an init if there is one. */
async function runContainer(m: Machine, { directory, user, command }: Image, init: string): Promise<Container> {
  const drop = `setpriv --reuid=${user} --regid=${user} --init-groups`;
  const script = `cd ${directory} && exec unshare --pid --fork --kill-child --mount-proc ${drop} ${init} ${command.join(' ')}`;
  const outer = m.spawn(script, { deadline: 60_000 });
  await until(() => outer.stdout.includes('listening'), { what: 'the service' });
  const [unshare = 0] = childrenOf(outer.pid);
  const [pid = 0] = childrenOf(unshare);
  expect(pid).toBeGreaterThan(1);
  return { outer, init: pid };
}

describe.skipIf(inject('noMachine'))('docs/containers.md', () => {
  test.each(['', 'tini --', 'dumb-init --', 'catatonit --'])(
    "CMD under '%s' as pid 1: it stays in the foreground; HUP, TERM and KILL mean it",
    async (init) => {
      const m = await boot(sandbox());
      const built = image();
      await m.ok(`useradd --system ${built.user}`);
      page.install(m, '// service.mjs', { path: `${built.directory}/service.mjs` });
      await m.ok(`ln -s /checkout/node_modules ${built.directory}/node_modules`);
      const uid = Number(await m.ok(`id -u ${built.user}`));

      const first = await runContainer(m, built, init);
      const service = init === '' ? first.init : (childrenOf(first.init)[0] ?? 0);
      expect(observe(service)).toMatchObject({ uids: Array(4).fill(uid), umask: '0077' });
      process.kill(first.init, 'SIGHUP');
      expect(
        await m.ok(`node -e "fetch('http://127.0.0.1:8080').then((answer) => answer.text()).then((text) => console.log(text.trim()))"`),
      ).toBe('hello');
      process.kill(first.init, 'SIGTERM');
      expect(await first.outer.finished).toMatchObject({ code: 0, stdout: 'foreground, listening\nclosed\n' });

      const second = await runContainer(m, built, init);
      const inside = [second.init, ...childrenOf(second.init)];
      process.kill(second.init, 'SIGKILL');
      expect(await second.outer.finished).toMatchObject({ stdout: 'foreground, listening\n' });
      await until(() => !allPids().some((pid) => inside.includes(pid)), { what: 'the end of all of it' });
    },
  );

  test('each block of the page was one of these tests', () => {
    expect(page.untried()).toEqual([]);
  });
});
