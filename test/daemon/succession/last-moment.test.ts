import { expect, inject, test } from 'vitest';
import { type Outcome, type Strike, struckDaemon } from './strike.ts';

const notRoot = inject('notRoot');

type Case = readonly [
  victims: string,
  moment: Strike['moment'],
  outcome: Outcome,
  more?: { signal?: NodeJS.Signals; supervised?: boolean },
];

/** The write of the pid file decides: from then on the successor is the daemon, whoever is killed. */
const CASES: Readonly<Record<string, { readonly options: Parameters<typeof struckDaemon>[0]; readonly cases: readonly Case[] }>> = {
  'without respawn': {
    options: { respawn: false },
    cases: [
      ['old', 'after', 'new'],
      ['shell, old', 'after', 'new'],
      // Before its last turns are over.
      ['old', 'after', 'new', { signal: 'SIGTERM' }],
      ['asker', 'after', 'new'],
      ['shell', 'before', 'new'],
      ['old', 'before', 'nothing'],
      ['successor', 'after', 'nothing'],
    ],
  },
  'with respawn': {
    options: { respawn: true },
    cases: [
      ['successor', 'before', 'again'],
      ['successor', 'after', 'again'],
      ['successor, old', 'after', 'again'],
      ['old', 'after', 'new'],
      ['shell, old', 'after', 'new', { supervised: false }],
      // With a shell again.
      ['asker', 'after', 'new'],
      ['old shell', 'before', 'new'],
      ['old shell, old', 'after', 'new'],
      ['old shell', 'after', 'new', { signal: 'SIGTERM' }],
      ['old', 'before', 'again'],
    ],
  },
  'root given up': {
    options: { respawn: false, user: 'nobody' },
    cases: [
      ['asker', 'before', 'old'],
      ['asker', 'after', 'new'],
      ['successor', 'before', 'old'],
      ['successor', 'after', 'old'],
      ['old', 'after', 'new'],
      ['old', 'after', 'new', { signal: 'SIGTERM' }],
      ['old, asker', 'after', 'new'],
    ],
  },
  'root given up, with respawn': {
    options: { respawn: true, user: 'nobody' },
    cases: [
      ['asker', 'before', 'old'],
      ['shell', 'before', 'old'],
      ['shell', 'after', 'old'],
      ['asker', 'after', 'new'],
      ['successor', 'after', 'again'],
      ['old', 'after', 'new'],
      ['old, asker', 'after', 'new'],
    ],
  },
};

for (const [name, { options, cases }] of Object.entries(CASES)) {
  test.skipIf(options.user !== undefined && notRoot !== false)(`${name}: signals at the last moment of an upgrade`, async () => {
    const struck = await struckDaemon(options);
    for (const [victims, moment, outcome, { signal = 'SIGKILL', supervised = options.respawn } = {}] of cases) {
      if (struck.daemon.status().pid === null) await struck.start();
      const what = `${signal} to ${victims}, ${moment}`;
      const now = await struck.strike({ moment, signal, victims: victims.split(', ') as Strike['victims'] });
      expect({ what, ...now }).toMatchObject({ what, outcome, supervised: outcome !== 'nothing' && supervised });
      const { pid, restarts } = struck.daemon.status();
      if (outcome === 'new')
        expect({ what, pid: victims.includes('asker') ? pid : now.said.pid, restarts }).toEqual({ what, pid, restarts: 0 });
      if (outcome === 'old')
        expect({ what, said: now.said }).toEqual({
          what,
          said: victims === 'asker' ? {} : expect.objectContaining({ code: expect.any(String) }),
        });
    }
    if (struck.daemon.status().pid !== null) await struck.end();
  });
}
