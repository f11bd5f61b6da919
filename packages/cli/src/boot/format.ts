import { cronLine } from './formats/cron.ts';
import { kubernetesManifest } from './formats/kubernetes.ts';
import { launchdLabel, launchdPlist } from './formats/launchd.ts';
import { openrcScript } from './formats/openrc.ts';
import { runitRun } from './formats/runit.ts';
import { systemdService, systemdSockets, systemdVariables, variablesFile } from './formats/systemd.ts';
import type { Service } from './service.ts';

export const FORMATS = ['systemd', 'systemd-user', 'launchd', 'openrc', 'runit', 'kubernetes', 'cron'] as const;
export type Format = (typeof FORMATS)[number];

export interface UnitFile {
  /** Name of the file, without a directory; '': the text is no file. */
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

const PLAIN = 0o644;
const PROGRAM = 0o755;
/** With declared variables in it, which may be secrets. */
const SECRET = 0o600;
const SECRET_PROGRAM = 0o700;

/** The files that a host needs to start a service, in the host's own format. */
export function unitFiles(service: Service, format: Format, isOfUser = service.owner !== null): readonly UnitFile[] {
  const file = (name: string, text: string, mode = PLAIN): UnitFile => ({ name, text, mode });
  const { unit } = service;
  switch (format) {
    case 'systemd':
    case 'systemd-user': {
      const sockets = systemdSockets(service).map((socket) => file(socket.unit, socket.text));
      const variables = systemdVariables(service);
      const own = variables === null ? [] : [file(variablesFile(service), variables, SECRET)];
      return [file(`${unit}.service`, systemdService(service, format === 'systemd-user')), ...sockets, ...own];
    }
    case 'launchd':
      return [file(`${launchdLabel(service)}.plist`, launchdPlist(service, isOfUser), service.hasVariables ? SECRET : PLAIN)];
    case 'openrc':
      return [file(unit, openrcScript(service), PROGRAM)];
    case 'runit':
      return [file('run', runitRun(service), service.hasVariables ? SECRET_PROGRAM : PROGRAM)];
    case 'kubernetes':
      return [file('', kubernetesManifest(service))];
    case 'cron':
      return [file('', cronLine(service))];
  }
}
