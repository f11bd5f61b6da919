import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cleanEnvironment } from '../helpers/launch.ts';
import { until } from '../helpers/wait.ts';
import { commandBox, IDLE, MAIN } from './command.ts';

const hasTmux = spawnSync('tmux', ['-V']).status === 0;
const ESCAPE = '\x1b[';

/** A terminal of tmux's, whose screen can be read, with its colours. */
function terminal({ box }: ReturnType<typeof commandBox>, variables: Readonly<Record<string, string>> = {}, width = 120) {
  const socket = box.path('tmux');
  const env = {
    ...cleanEnvironment(),
    ...box.tokenEnv,
    HOME: box.path('home'),
    XDG_STATE_HOME: box.path('state'),
    LANG: 'C.UTF-8',
    TERM: 'screen',
    ...variables,
  };
  const tmux = (...words: string[]) => {
    const { status, stdout, stderr } = spawnSync('tmux', ['-S', socket, ...words], { env, encoding: 'utf8', cwd: box.directory });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  };
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(width), '-y', '40', 'env PS1="\\$ " sh');
  return {
    type: (line: string) =>
      tmux('send-keys', '-l', line.replace('daemonium', `'${process.execPath}' '${MAIN}'`)) + tmux('send-keys', 'Enter'),
    interrupt: () => tmux('send-keys', 'C-c'),
    screen: () => tmux('capture-pane', '-p', '-J'),
    /** With the lines that the terminal has broken as they are seen. */
    lines: () => tmux('capture-pane', '-p').trimEnd().split('\n'),
    coloured: () => tmux('capture-pane', '-p', '-e', '-J'),
  };
}

test.skipIf(!hasTmux)('on a terminal: a spinner while it starts, colours in the list, and -f until Ctrl-C', async () => {
  const command = commandBox();
  command.program(
    'slow.cjs',
    `const timer = setInterval(() => {
       if (!require('node:fs').existsSync('go')) return;
       clearInterval(timer);
       console.log('up');
       process.send('ready');
     }, 5);
     ${IDLE}`,
  );
  const screen = terminal(command);
  screen.type('daemonium start slow.cjs --ready message; echo "code $?"');
  await until(() => /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] starting slow/.test(screen.screen()), { what: 'the spinner' });
  writeFileSync(command.box.path('go'), '');
  await until(() => screen.screen().includes('code 0'), { what: 'the end of the start' });
  expect(screen.screen()).toMatch(/^slow started, pid \d+\ncode 0$/m);
  expect(screen.screen()).not.toContain('starting slow');
  screen.type('clear; daemonium list; echo "listed $?"');
  await until(() => screen.screen().includes('listed 0'), { what: 'the list' });
  // Green, as tmux writes it.
  expect(screen.coloured()).toContain(`${ESCAPE}32mrunning`);
  screen.type('clear; daemonium logs -f');
  await until(() => /^up$/m.test(screen.screen()), { what: 'the log' });
  screen.interrupt();
  // The shell gives up what is left of a line that was interrupted.
  await until(() => /\$ *\n*$/.test(screen.screen()), { what: 'the prompt' });
  screen.type('echo "ended $?"');
  await until(() => screen.screen().includes('ended 130'), { what: 'the end of logs -f' });
});

test.skipIf(!hasTmux)('NO_COLOR is respected, and no line of a list is longer than the terminal', async () => {
  const command = commandBox();
  command.program('idle.cjs', IDLE);
  await command.done('start', 'idle.cjs');
  const screen = terminal(command, { NO_COLOR: '1' }, 80);
  screen.type('clear; daemonium list; echo "code $?"');
  await until(() => /^code 0\n\$ *\n*$/m.test(screen.screen()), { what: 'the list, and the prompt after it' });
  expect(screen.screen()).toContain('running');
  expect(screen.coloured()).not.toContain(`${ESCAPE}3`);
  expect(screen.lines()).toEqual([
    expect.stringMatching(/^NAME .* LOG$/),
    expect.stringMatching(/^idle +running .* {2}….*\/idle\.log$/),
    'code 0',
    expect.anything(),
  ]);
});

test.skipIf(hasTmux)('without tmux nothing of this was tried', ({ skip }) => skip('tmux(1) is not installed'));
