import type { IncomingMessage } from 'node:http';

/**
 * Resolves when the watched key is deleted, or etcd ends the watch: `{ result: { created, canceled, events: [{ type: 'DELETE' }] } }`, a
 * line each.
 */
export async function untilDeleted(response: IncomingMessage): Promise<void> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    if (lines.some(isEnd)) return;
  }
}

function isEnd(line: string): boolean {
  if (line.trim() === '') return false;
  const { result, error } = JSON.parse(line) as { result?: { canceled?: boolean; events?: { type?: string }[] }; error?: unknown };
  return error !== undefined || result?.canceled === true || (result?.events ?? []).some(({ type }) => type === 'DELETE');
}
