import type { Places } from '@daemonium/core/registry';
import type { Finding } from '../doctor/finding.ts';
import { hostFindings } from '../doctor/host.ts';
import { registryFindings } from '../doctor/registry.ts';
import { sessionFindings } from '../doctor/session.ts';
import { DONE, FAILED } from '../errors/exit-codes.ts';
import { coloursFor } from '../terminal/colours.ts';
import { say, sayJson } from '../terminal/output.ts';

/** Checks everything that daemons need. The exit code tells of faults, not of warnings. */
export function doctor(places: Places, { json = false }: { readonly json?: boolean }): number {
  const findings = [...hostFindings(), ...sessionFindings(places), ...registryFindings(places)];
  if (json) sayJson(findings);
  else for (const finding of findings) say(line(finding));
  return findings.some(({ verdict }) => verdict === 'fault') ? FAILED : DONE;
}

function line({ what, verdict, text }: Finding): string {
  const { green, yellow, red } = coloursFor(process.stdout);
  const mark = { fine: green('ok   '), warning: yellow('look '), fault: red('wrong') }[verdict];
  return `${mark}  ${what.padEnd(16)} ${text}`;
}
