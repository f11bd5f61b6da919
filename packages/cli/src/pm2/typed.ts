/** Hints for a person who is used to pm2: the word that is typed, and the way to do the same here. */

const COMES_BACK = "in the config file: respawn: { delay, limit, memory, ... }; see 'respawn' in the documentation";

const OPTIONS: Readonly<Record<string, string>> = {
  '-i': 'one process is started: use node:cluster in the program',
  '--instances': 'one process is started: use node:cluster in the program',
  '-n': 'use --name',
  '-u': 'use --user',
  '--uid': 'use --user',
  '--watch': 'use node --watch while you develop',
  '--wait-ready': 'use --ready message',
  '--no-autorestart': 'a program comes back only with --respawn',
  '--max-memory-restart': COMES_BACK,
  '--max-restarts': COMES_BACK,
  '--restart-delay': COMES_BACK,
  '--exp-backoff-restart-delay': COMES_BACK,
  '--interpreter': 'programs are run by Node',
  '--interpreter-args': 'use --node-args',
  '--cron': 'use cron, with: daemonium restart NAME',
  '--cron-restart': 'use cron, with: daemonium restart NAME',
  '--log': 'in the config file: stdout, stderr',
  '-l': 'in the config file: stdout, stderr',
  '-o': 'in the config file: stdout',
  '--output': 'in the config file: stdout',
  '-e': 'in the config file: stderr',
  '--error': 'in the config file: stderr',
  '--no-daemon': 'use --foreground',
  '--update-env': 'leave it out: every restart takes the environment of now',
  '--only': 'give the names',
  '--nostream': 'leave it out: only -f follows the log',
};

const VERBS: Readonly<Record<string, string>> = {
  save: 'nothing is to be saved: every start is remembered',
  dump: 'nothing is to be saved: every start is remembered',
  resurrect: 'daemonium start all',
  startup: 'daemonium install NAME',
  unstartup: 'daemonium uninstall NAME',
  kill: 'there is no manager to kill: daemonium stop all',
  monit: 'daemonium list, daemonium logs -f',
  ps: 'daemonium list',
  l: 'daemonium list',
  jlist: 'daemonium list --json',
  prettylist: 'daemonium list --json',
  show: 'daemonium describe NAME',
  info: 'daemonium describe NAME',
  desc: 'daemonium describe NAME',
  del: 'daemonium delete NAME',
  log: 'daemonium logs',
  flush: 'daemonium logrotate prints a block for logrotate(8)',
  reloadLogs: 'daemonium reload all',
  sendSignal: 'daemonium reload NAME sends SIGHUP; for others: kill -s SIGNAL "$(daemonium pid NAME)"',
  scale: 'one process is started: use node:cluster in the program',
  ecosystem: 'see daemonium.config.mjs in the documentation, or: daemonium import ecosystem.config.cjs',
};

/** The hint for an option or a verb of pm2; `null`: pm2 has none of this name either. */
export function insteadOfPm2(word: string): string | null {
  const table = word.startsWith('-') ? OPTIONS : VERBS;
  return Object.hasOwn(table, word) ? (table[word] as string) : null;
}
