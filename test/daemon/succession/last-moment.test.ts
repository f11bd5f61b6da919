import { describe, expect, inject, test } from 'vitest';
import { until } from '../../helpers/wait.ts';
import { shells } from '../respawn/subject.ts';
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
      ['asker', 'after', 'new'],
      ['shell', 'before', 'new'],
      ['old', 'before', 'nothing'],
      ['successor', 'after', 'nothing'],
    ],
  },
  'a program that ends at once': {
    options: { respawn: false, kind: 'program' },
    // While the old one waits for the end of the shell between the two.
    cases: [['old', 'after', 'new', { signal: 'SIGTERM' }]],
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

async function strikeAll(options: Parameters<typeof struckDaemon>[0], cases: readonly Case[]): Promise<void> {
  const struck = await struckDaemon(options);
  for (const [victims, moment, outcome, { signal = 'SIGKILL', supervised = options.respawn } = {}] of cases) {
    if (struck.daemon.status().pid === null) await struck.start();
    const what = `${signal} to ${victims}, ${moment}`;
    const now = await struck.strike({ moment, signal, victims: victims.split(', ') as Strike['victims'] });
    expect({ what, ...now }).toMatchObject({ what, outcome, supervised: outcome !== 'nothing' && supervised });
    const { pid } = struck.daemon.status();
    const isAskerGone = victims.includes('asker');
    if (outcome === 'new') {
      if (!isAskerGone) expect({ what, pid: now.said.pid }).toEqual({ what, pid });
      // The shell writes its own record a moment after it has heard of the end of the old daemon.
      const restarts = supervised ? 0 : null;
      await until(() => struck.daemon.status().restarts === restarts, { what: `the record of its shell: ${what}` });
    }
    if (outcome === 'old') expect({ what, isError: 'code' in now.said }).toEqual({ what, isError: !isAskerGone });
  }
  if (struck.daemon.status().pid !== null) await struck.end();
}

for (const [name, { options, cases }] of Object.entries(CASES)) {
  test.skipIf(options.user !== undefined && notRoot !== false)(`${name}: signals at the last moment of an upgrade`, () =>
    strikeAll(options, cases),
  );
}

describe.each(shells)('with $name as /bin/sh', (shell) => {
  test.skipIf(shell.missing !== false)(`the successor's shell goes on without the old daemon${shell.missing || ''}`, () =>
    strikeAll({ respawn: true, shell }, [
      ['old', 'after', 'new'],
      ['successor, old', 'after', 'again'],
      ['old', 'before', 'again'],
    ]),
  );
});
