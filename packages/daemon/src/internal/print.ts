/** Writes text to a stream. A stream that cannot be written changes nothing: the exit code tells the outcome, too. */
export function print(stream: NodeJS.WriteStream, text: string): void {
  if (text === '') return;
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  stream.write(text);
}

function ignore(): void {}
