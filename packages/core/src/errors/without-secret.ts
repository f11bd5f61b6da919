/**
 * A value as an error may show it. Text that may hold a password (a URL with a user, a connection string with parameters) is shown without it, or,
 * if it is no URL, not at all.
 */
export function withoutSecret(value: unknown): unknown {
  if (value instanceof URL) return withoutSecret(value.href);
  if (typeof value !== 'string' || !/[@=?]|:\/\//.test(value)) return value;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || url.host === '') return '***';
  return `${url.protocol}//${url.username === '' && url.password === '' ? '' : '***@'}${url.host}${url.pathname}`;
}
