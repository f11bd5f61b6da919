import { expect, test } from 'vitest';
import { encodeReport, ReportReader } from '../../../packages/daemon/src/protocol/messages.ts';

const REPORTS = [
  { type: 'pid', pid: 7 },
  { type: 'error', error: { class: 'Error', name: 'Error', message: 'grüße\n🚀', stack: '', properties: {} }, stage: 3 },
  { type: 'exit', code: 1 },
] as const;

test('reports come whole, however the bytes are cut', () => {
  const bytes = Buffer.concat(REPORTS.map(encodeReport));
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const reader = new ReportReader();
    const seen = [];
    for (let at = 0; at < bytes.length; at += size) seen.push(...reader.read(bytes.subarray(at, at + size)));
    expect(seen).toEqual(REPORTS);
  }
});

test("half a report, and a line that is none, are left out; the shell's own report is read after them", () => {
  const reader = new ReportReader();
  expect(reader.read(Buffer.from('{"type":"stage","sta'))).toEqual([]);
  expect(reader.read(Buffer.from('\n{"type":"shell","status":137}\nnonsense\n[]\n'))).toEqual([{ type: 'shell', status: 137 }]);
});

test('a line without an end is dropped, and does not stay in memory', () => {
  const reader = new ReportReader();
  const chunk = Buffer.alloc(16 * 1024 * 1024, '0');
  reader.read(Buffer.from('{"type":"stage","stage":1'));
  for (let count = 0; count < 5; count++) expect(reader.read(chunk)).toEqual([]);
  expect(reader.read(Buffer.from('}\n{"type":"ready"}\n'))).toEqual([{ type: 'ready' }]);
});
