import { CommandError } from '../errors/command-error.ts';

/** @throws {CommandError} the host that reads the file would drop, or refuse, a variable of this name */
export function checkVariableName(host: string, name: string): void {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw unfit(host, `the variable '${name}'`);
}

/** The error of a declaration that a host cannot take. */
export function unfit(host: string, what: string): CommandError {
  return new CommandError(`${host} cannot take ${what}. Rename it, or have the program set it itself`);
}
