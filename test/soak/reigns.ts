/** What one process has written down under one token, by CLOCK_MONOTONIC, in ns. */
interface Reign {
  readonly pid: number;
  readonly token: bigint;
  first: bigint;
  last: bigint;
}

/** Each reign from its first beat to its last, by their beginnings. A beat is a line: time, pid, token. */
export function reignsOf(text: string): Reign[] {
  const all = new Map<string, Reign>();
  for (const line of text.split('\n').slice(0, -1)) {
    const [at = '', pid, token = ''] = line.split(' ');
    const time = BigInt(at);
    const reign = all.get(`${pid}/${token}`) ?? { pid: Number(pid), token: BigInt(token), first: time, last: time };
    if (time < reign.first) reign.first = time;
    if (time > reign.last) reign.last = time;
    all.set(`${pid}/${token}`, reign);
  }
  return [...all.values()].sort((a, b) => (a.first < b.first ? -1 : 1));
}

/** Reigns that began before the one before had ended. */
export function overlapsOf(reigns: readonly Reign[]): Reign[] {
  return reigns.filter((reign, index) => index > 0 && reign.first <= reigns[index - 1]!.last);
}

export function isRising(tokens: readonly bigint[]): boolean {
  return tokens.every((token, index) => index === 0 || token > tokens[index - 1]!);
}
