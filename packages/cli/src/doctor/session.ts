import { existsSync, statSync } from 'node:fs';
import type { Places } from '@daemonium/core/registry';
import { ownAccount } from '../daemons/account.ts';
import { type Finding, fault, fine, warning } from './finding.ts';

/** Findings on whether this user's daemons outlive the logout, and on the needs of systemd's user manager. */
export function sessionFindings({ uid }: Places, env: NodeJS.ProcessEnv = process.env): Finding[] {
  if (uid === 0) return [];
  return [lingerOf(ownAccount().username), runtimeDirectory(uid, env['XDG_RUNTIME_DIR'])];
}

function lingerOf(user: string): Finding {
  if (!existsSync('/run/systemd/system')) return fine('linger', 'no systemd runs here, which could end daemons at logout');
  if (existsSync(`/var/lib/systemd/linger/${user}`)) return fine('linger', 'is on: daemons outlive the logout');
  return warning(
    'linger',
    `is off: where systemd's KillUserProcesses= is on, daemons end at the last logout. Turn it on with: loginctl enable-linger ${user}`,
  );
}

function runtimeDirectory(uid: number, directory: string | undefined): Finding {
  const what = 'XDG_RUNTIME_DIR';
  if (directory === undefined) return warning(what, 'is not set, as under su and sudo: systemctl --user does not work in this shell');
  const found = statSync(directory, { throwIfNoEntry: false });
  if (found?.uid === uid) return fine(what, directory);
  return fault(what, `is '${directory}', which ${found === undefined ? 'is not there' : `belongs to uid ${found.uid}`}`);
}
