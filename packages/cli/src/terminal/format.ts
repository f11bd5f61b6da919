import prettyMilliseconds from 'pretty-ms';

/** `3d 4h`, `12m 5s`, `0s`: the two largest units, of whole seconds. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds === 0 ? '0s' : prettyMilliseconds(seconds * 1000, { unitCount: 2 });
}

/** `81 MB`, `1.2 GB` */
export function bytes(count: number): string {
  const megabytes = count / 1_048_576;
  return megabytes < 1024 ? `${Math.round(megabytes)} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}

/** A path below the home directory, as one types it. */
export function homely(path: string, home: string | undefined = process.env['HOME']): string {
  return home !== undefined && home.length > 1 && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
