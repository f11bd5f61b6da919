/** The first descriptor that systemd passes, SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST = 3;

/** The sockets of socket activation: none unless LISTEN_PID is this process, because children inherit the variables. */
export function listenSockets(): ReadonlyArray<{ readonly fd: number; readonly name: string }> {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = '' } = process.env;
  if (LISTEN_PID !== String(process.pid) || !/^[1-9][0-9]{0,3}$/.test(LISTEN_FDS ?? '')) return [];
  const names = LISTEN_FDNAMES.split(':');
  return Array.from({ length: Number(LISTEN_FDS) }, (_, index) => ({ fd: FIRST + index, name: names[index] || 'unknown' }));
}
