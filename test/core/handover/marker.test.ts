import { closeSync, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { encodePayload, formatMarker, MARKER } from '@daemonium/core/start';
import { expect, test, vi } from 'vitest';
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
    const { stdout, stderr, code } = await box.launch(fixture('lock-marker'), { env: { [MARKER]: marker }, descriptors: { 5: fd } });
    return code === 0 ? JSON.parse(stdout) : /code: '(\w+)'/.exec(stderr)?.[1];
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
  ['something else', 'daemon'],
])('%s: neither daemon nor launcher', async (_what, marker) => {
  expect(await told(marker)).toBe('ERR_MARKER');
});

test('an empty marker is none, and not seen by children either', async () => {
  expect(await told('')).toEqual({ arrived: null, given: null, marker: null });
});

test('more than a string can hold is an error with a code', () => {
  // Half a gigabyte takes a machine too long: what JSON says of it is injected.
  const stringify = vi.spyOn(JSON, 'stringify').mockImplementationOnce(() => {
    throw new RangeError('Invalid string length');
  });
  expect(() => encodePayload({ env: {}, lock: null, descriptors: [], start: 7 }, NONCE)).toThrow(
    expect.objectContaining({ code: 'ERR_PAYLOAD_SIZE', message: expect.stringContaining('512 MiB'), cause: expect.any(RangeError) }),
  );
  stringify.mockRestore();
});
