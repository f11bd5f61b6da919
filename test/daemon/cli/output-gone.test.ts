import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';

test.each(['| true', '> /dev/full', '2> /dev/full > /dev/full', '>&- 2>&-'])('%s changes no exit code', async (redirection) => {
  const box = sandbox();
  const asked = async (verb: string) => {
    const command = `"${process.execPath}" "${fixture('life-control')}" "${box.directory}" "" ${verb}`;
    const { stdout } = await box.launch('-c', {
      executable: 'bash',
      args: [`exec 9>&1; ${command} 9>&- ${redirection}; printf '%s' "\${PIPESTATUS[0]}" >&9`],
    });
    return `${verb}: ${stdout}`;
  };
  expect(await asked('status')).toBe('status: 3');
  expect(await asked('start')).toBe('start: 0');
  expect(await asked('start')).toBe('start: 0');
  expect(await asked('status --json')).toBe('status --json: 0');
  expect(await asked('reload')).toBe('reload: 0');
  expect(await asked('restart')).toBe('restart: 0');
  expect(await asked('foreground')).toBe('foreground: 1');
  expect(await asked('stop')).toBe('stop: 0');
  expect(await asked('stop')).toBe('stop: 0');
  expect(await asked('reload')).toBe('reload: 7');
  expect(await asked('bogus')).toBe('bogus: 2');
  expect(await asked('--help')).toBe('--help: 0');
});
