import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Places } from '@daemonium/core/registry';
import { ownAccount } from '../daemons/account.ts';
import { DONE } from '../errors/exit-codes.ts';
import { say } from '../terminal/output.ts';
import { shellLine, shellWord } from '../words/shell-words.ts';

/**
 * A block for logrotate(8). It tells the daemons by the verb, which proves the process that it signals; a pid read from a file would not be
 * proved.
 */
export function logrotate({ logs, uid }: Places): number {
  const command = fileURLToPath(new URL('./main.js', import.meta.url));
  const state = process.env['XDG_STATE_HOME'];
  const variable = state === undefined ? '' : `XDG_STATE_HOME=${shellWord(state)} `;
  const hint =
    uid === 0
      ? '/etc/logrotate.d/daemonium'
      : `a file of your own, and in your crontab: logrotate --state ${join(logs, 'logrotate.state')} FILE`;
  say(
    [
      `# logrotate of ${ownAccount().username}'s daemons: put this into ${hint}`,
      `"${join(logs, '*.log')}" {`,
      '    weekly',
      '    rotate 8',
      '    compress',
      '    delaycompress',
      '    missingok',
      '    notifempty',
      '    create 0600',
      '    sharedscripts',
      '    postrotate',
      `        ${variable}${shellLine([process.execPath, command])} reload all >/dev/null`,
      '    endscript',
      '}',
    ].join('\n'),
  );
  return DONE;
}
