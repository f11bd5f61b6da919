// `node docs/session/record.mjs`: runs the commands of the README's session in a home of its own, on a terminal, and writes what was to be seen to docs/session.svg.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svgOf } from './svg.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const COMMANDS = [
  'daemonium start server.js --name web --ready listening -- 8080',
  'daemonium start mail.js',
  'daemonium start broken.js',
  'daemonium list',
  'daemonium logs -n 1',
  'daemonium stop wbe',
  'daemonium stop all',
];

const PROGRAMS = {
  'server.js': `require('node:http').createServer((_, answer) => answer.end('hello')).listen(0, '127.0.0.1', () => console.log('listening on', process.argv[2]));`,
  'mail.js': `console.log('waiting for mail'); setInterval(() => {}, 1000);`,
  'broken.js': `const config = JSON.parse('{ "port": }');`,
};

const home = mkdtempSync(join(tmpdir(), 'daemonium-session-'));
const bin = join(home, '.bin');
mkdirSync(bin);
writeFileSync(join(bin, 'daemonium'), `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'packages/cli/dist/main.js')}' "$@"\n`, {
  mode: 0o755,
});
for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(home, name), text);
const env = {
  HOME: home,
  XDG_STATE_HOME: join(home, '.local/state'),
  PATH: `${bin}:${process.env.PATH}`,
  TERM: 'xterm-256color',
  LANG: 'C.UTF-8',
  NODE_OPTIONS: '--stack-trace-limit=1',
};

/** On a pseudo-terminal of script(1), so that there are colours. */
function typed(command) {
  const { stdout, error } = spawnSync('script', ['-qec', command, '/dev/null'], { cwd: home, env, encoding: 'utf8' });
  if (error !== undefined) throw new Error(`script(1) cannot be run: ${error.message}`);
  return stdout.replaceAll('\r\n', '\n').replaceAll(home, '~').trimEnd();
}

try {
  const lines = COMMANDS.flatMap((command) => [`\x1b[1m$ ${command}\x1b[22m`, ...typed(command).split('\n')]);
  writeFileSync(join(root, 'docs/session.svg'), svgOf(lines));
} finally {
  spawnSync(join(bin, 'daemonium'), ['delete', 'all'], { cwd: home, env });
  rmSync(home, { recursive: true, force: true });
}
