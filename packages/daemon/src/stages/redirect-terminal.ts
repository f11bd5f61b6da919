import { writeSync } from 'node:fs';

type Done = (error?: Error | null) => void;

/** Leads a stream that was made for a terminal to the file at `fd`. Code that has the stream object already goes on with it. */
export function redirectTerminal(stream: NodeJS.WriteStream, fd: number): void {
  const write = (chunk: string | Uint8Array, encoding: BufferEncoding, done: Done) => {
    try {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
  const set = (name: string, value: unknown) => Object.defineProperty(stream, name, { value, configurable: true, writable: true });
  set('_write', write);
  // Without this, several writes of one turn would come one by one.
  set('_writev', null);
  set('isTTY', false);
}
