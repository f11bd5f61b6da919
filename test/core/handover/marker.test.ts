import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { encodePayload, formatMarker, MARKER } from '@daemonium/core/start';
import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';

const NONCE = '0123456789abcdef0123456789abcdef';

/** What a process makes of a marker, and of a complete payload with {@link NONCE} in a file without a name at 5. */
async function told(marker: string): Promise<unknown> {
  const box = sandbox();
  writeFileSync(
    box.path('payload'),
    encodePayload({ env: { ...process.env, GIVEN: 'yes' } as never, lock: null, descriptors: [], start: 7 }, NONCE),
  );
  const fd = openSync(box.path('payload'), 'r');
  unlinkSync(box.path('payload'));
  try {
    const { stdout } = await box.launch(fixture('lock-marker'), { env: { [MARKER]: marker }, descriptors: { 5: fd } });
    return JSON.parse(stdout);
  } finally {
    closeSync(fd);
  }
}

test('a marker and a payload that belong together are a start', async () => {
  expect(await told(formatMarker({ fd: 5, index: 0, nonce: NONCE }))).toEqual({ arrived: 7, given: 'yes', marker: null });
});

test.each([
  ['another nonce', formatMarker({ fd: 5, index: 0, nonce: NONCE.replace('0', '1') })],
  ['a nonce that is the beginning of it', formatMarker({ fd: 5, index: 0, nonce: NONCE.slice(0, -1) })],
  ['another number', formatMarker({ fd: 6, index: 0, nonce: NONCE })],
  ['no marker at all', 'daemon'],
])('%s: an ordinary process, whose children do not see the marker either', async (_what, marker) => {
  expect(await told(marker)).toEqual({ arrived: null, given: null, marker: null });
});
