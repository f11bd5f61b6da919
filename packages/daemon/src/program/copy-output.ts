type Write = NodeJS.WriteStream['write'];

/**
 * Passes everything that this process writes to `process.stdout` and `process.stderr` to `copy`, too. Output of children and of native code
 * is not copied: it goes straight to the descriptors.
 * @returns ends the copying
 */
export function copyOutput(copy: (fd: 1 | 2, text: string) => void): () => void {
  const restore = [copyStream(process.stdout, (text) => copy(1, text)), copyStream(process.stderr, (text) => copy(2, text))];
  return () => {
    for (const each of restore) each();
  };
}

function copyStream(stream: NodeJS.WriteStream, copy: (text: string) => void): () => void {
  const write = stream.write as (...args: Parameters<Write>) => boolean;
  const { StringDecoder } = process.getBuiltinModule('node:string_decoder');
  // A character's bytes may come in two chunks.
  const decoder = new StringDecoder('utf8');
  const copying = (...args: Parameters<Write>): boolean => {
    const [chunk, encoding] = args as unknown as [string | Uint8Array, unknown];
    // The stream itself refuses a chunk that is no text.
    if (typeof chunk === 'string') copy(decoder.write(Buffer.from(chunk, encodingOf(encoding))));
    else if (chunk instanceof Uint8Array) copy(decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
    return write.apply(stream, args);
  };
  stream.write = copying as Write;
  return () => {
    // A program that has laid its own function over it since keeps that.
    if (stream.write === copying) stream.write = write as Write;
  };
}

function encodingOf(given: unknown): BufferEncoding {
  return typeof given === 'string' && Buffer.isEncoding(given) ? given : 'utf8';
}
