import { closeSync } from 'node:fs';
import { connectUnixDatagram, isCloseOnExec, sendDatagram } from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import { unixAddress } from '../../../packages/core/src/posix/unix-datagram.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

test('the address: family, path and NUL; an abstract name without one', () => {
  expect([...unixAddress('/a/b').slice(2)]).toEqual([...Buffer.from('/a/b\0')]);
  expect([...unixAddress('@ab').slice(2)]).toEqual([...Buffer.from('\0ab')]);
  expect(new DataView(unixAddress('@ab').buffer, unixAddress('@ab').byteOffset).getUint16(0, true)).toBe(1);
  expect(unixAddress(`/${'x'.repeat(106)}`).length).toBe(110);
  expect(unixAddress(`@${'x'.repeat(107)}`).length).toBe(110);
  for (const name of [`/${'x'.repeat(107)}`, `@${'x'.repeat(108)}`]) {
    expect(() => unixAddress(name)).toThrow(expect.objectContaining({ code: 'ENAMETOOLONG' }));
  }
  for (const name of ['', '@', 'relative', '/a\0b', 'vsock:2:1234']) {
    expect(() => unixAddress(name), name).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  }
});

test.each(['path', 'abstract'])('datagrams arrive whole, at a socket with a name of the kind %s', async (kind) => {
  const box = sandbox();
  const address = kind === 'path' ? box.path('socket') : `@daemonium-${box.token}`;
  const receiver = box.spawn('life-notify-receiver', { args: [address] });
  await until(() => receiver.stdout.startsWith('bound\n'), { what: 'the receiver' });
  const lines = () => receiver.stdout.split('\n').slice(1, -1);
  const fd = connectUnixDatagram(address);
  expect(isCloseOnExec(fd)).toBe(true);
  sendDatagram(fd, 'one\ntwo');
  sendDatagram(fd, 'größer');
  const texts = () => lines().map((line) => JSON.parse(line) as string);
  await until(() => texts().length === 2, { what: 'two datagrams' });
  expect(texts()).toEqual(['one\ntwo', 'größer']);

  // It reads no more, so at some time its queue is full; and then it is gone.
  receiver.child.kill('SIGSTOP');
  let refused: unknown;
  for (let count = 0; refused === undefined && count < 10_000; count++) {
    try {
      sendDatagram(fd, 'x');
    } catch (error) {
      refused = error;
    }
  }
  expect(refused).toMatchObject({ code: 'EAGAIN', syscall: 'send' });
  receiver.child.kill('SIGKILL');
  await receiver.finished;
  expect(() => sendDatagram(fd, 'x')).toThrow(expect.objectContaining({ code: 'ECONNREFUSED' }));
  closeSync(fd);
  expect(() => sendDatagram(fd, 'x')).toThrow(expect.objectContaining({ code: 'EBADF' }));
});

test('no process listens: connect() fails', () => {
  const box = sandbox();
  expect(() => connectUnixDatagram(box.path('none'))).toThrow(
    expect.objectContaining({ code: 'ENOENT', syscall: 'connect', path: box.path('none') }),
  );
  expect(() => connectUnixDatagram(`@none-${box.token}`)).toThrow(expect.objectContaining({ code: 'ECONNREFUSED' }));
});
