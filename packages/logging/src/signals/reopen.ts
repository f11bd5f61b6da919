import type { LogFile } from '../log-file/log-file.ts';
import { whenReopeningAllowed } from './when-reopening-allowed.ts';

const filesBySignal = new Map<NodeJS.Signals, Set<LogFile>>();

/** Reopens `file` at every `signal`, from the moment this process may listen to it. */
export function reopenOnSignal(file: LogFile, signal: NodeJS.Signals): void {
  const files = filesBySignal.get(signal);
  if (files !== undefined) {
    files.add(file);
    return;
  }
  const set = new Set([file]);
  filesBySignal.set(signal, set);
  const reopenAll = (): void => {
    for (const each of set) each.reopen();
  };
  // Our listener comes first, so that lines which other listeners of the signal log are in the new file.
  const listen = (): void => void process.prependListener(signal, reopenAll);
  // Another signal was chosen for this and nothing else; SIGHUP also means that the terminal is going away.
  if (signal !== 'SIGHUP') listen();
  else whenReopeningAllowed(listen, () => process.off(signal, reopenAll));
}

export function forgetReopening(file: LogFile): void {
  for (const files of filesBySignal.values()) files.delete(file);
}
