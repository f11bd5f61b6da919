import { fstatSync } from 'node:fs';
import { expect, test } from 'vitest';
import { addToStateOf, makeStateFile, readState } from '../../../packages/core/src/state-file/file.ts';
import { formatStepDown, type LeaseRecord, parseLeaseRecord } from '../../../packages/core/src/state-file/lease-record.ts';
import { firstRespawnLine } from '../../../packages/core/src/state-file/respawn-record.ts';
import { LeaseNotes } from '../../../packages/daemon/src/lease/lease-notes.ts';
import { sandbox } from '../../helpers/sandbox.ts';

const RECORD: LeaseRecord = {
  ...{ pid: process.pid, startTicks: 1, key: 'shop/cron', state: 'leading', holder: 'web-1', holderPid: process.pid, token: '7' },
  ...{ since: new Date(), until: null, comesBack: true },
};

test('a shell whose runs step down again and again: each request is read, and the file does not grow', () => {
  const box = sandbox();
  const pidFile = box.path('daemon.pid');
  const fd = makeStateFile(pidFile, firstRespawnLine());
  for (let token = 1; token < 400; token++) {
    const notes = new LeaseNotes(fd, pidFile, null);
    const record = { ...RECORD, token: String(token) };
    notes.write({ ...record, state: 'standby', token: null });
    notes.write(record);
    expect(notes.asksToStepDown()).toBe(false);
    addToStateOf(pidFile, formatStepDown(record));
    expect(notes.asksToStepDown()).toBe(true);
    notes.yieldUntil(token);
    expect(parseLeaseRecord(readState(fd))).toMatchObject({ state: 'yielded', until: token });
  }
  expect(fstatSync(fd).size).toBeLessThan(1_000);
  expect(readState(fd).startsWith(firstRespawnLine())).toBe(true);
});
