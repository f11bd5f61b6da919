import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

const NOTES = [
  'done 1',
  '2 daemon',
  ...['done 2', 'done 3'],
  '4 22',
  'done 4',
  '5 27',
  '5 /tmp',
  ...['done 5', 'done 6', 'done 7', 'done 8'],
  '9',
];

test('overridden stages, sync or async, run once and in their order, and super.stageN() does the usual work', async () => {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('stage-overrides');
  // The launcher hears of each stage, too; what the daemon printed comes last, and has been seen.
  const lines = stdout.trim().split('\n');
  expect(lines.slice(-NOTES.length)).toEqual(NOTES);
  expect(lines.slice(0, 9)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((stage) => `done ${stage}`));
  expect(stderr).toBe('');
  expect(observe(await box.readPid())).toMatchObject({ umask: '0027', cwd: '/tmp' });
});

test('a stage called by itself runs the earlier ones, own steps stand between, and start() does the rest', async () => {
  const box = sandbox();
  const { stdout, code } = await box.launch('stage-overrides', { args: ['steps'] });
  const between = NOTES.indexOf('done 4') + 1;
  const daemonLines = stdout
    .trim()
    .split('\n')
    .filter((line, index, all) => !(/^done/.test(line) && all.indexOf(line) !== index));
  expect(daemonLines.filter((line) => !/^done/.test(line))).toEqual(
    [...NOTES.slice(0, between), 'between 4 and 5', ...NOTES.slice(between)].filter((line) => !/^done/.test(line)),
  );
  expect(code).toBe(0);
  expect(observe(await box.readPid())).toMatchObject({ umask: '0027', cwd: '/tmp' });
});

test.each([
  ['field', { name: 'DaemonError', code: 'ERR_STAGE_FIELD', stage: 5 }],
  ['noDetach', { name: 'DaemonError', stage: 1, message: expect.stringContaining('super.stage1()') }],
  ['noArrival', { name: 'StartError', stage: 9, message: expect.stringContaining('super.stage1()') }],
  ['recursive', { name: 'StartError', stage: 6, cause: 'ERR_STAGE_AT_WORK' }],
  ['twice', { code: 'ERR_STAGE_TWICE', stage: 4, message: 'Attempted to run stage 4 (umask) twice' }],
  ['earlier', { code: 'ERR_STAGE_TWICE', stage: 2 }],
  ['atWork', { code: 'ERR_STAGE_AT_WORK' }],
  ['startedTwice', { name: 'DaemonError', code: 'ERR_ALREADY_STARTED' }],
  ['afterFailure', { code: 'ERR_STAGE_AT_WORK', stage: 4, message: expect.stringContaining('has failed') }],
])('misuse: %s', async (name, expected) => {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('stage-misuse', { args: [name] });
  expect(JSON.parse(stdout || stderr)).toMatchObject(expected);
  await until(async () => !(await box.isLocked()), { what: 'a free lock' });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])(
  'an error in stage %i reaches the launcher with stage and cause, and nothing is left',
  async (stage) => {
    const box = sandbox();
    const { stdout, stderr } = await box.launch('stage-fails', { args: [`${stage}`] });
    expect(JSON.parse(stdout)).toMatchObject({ name: 'StartError', code: 'ERR_START', stage, cause: 'RangeError', stack: true });
    expect((JSON.parse(stdout) as Error).message).toContain(`in stage ${stage} (`);
    expect(stderr).toBe('');
    expect(existsSync(box.path('daemon.pid'))).toBe(false);
  },
);
