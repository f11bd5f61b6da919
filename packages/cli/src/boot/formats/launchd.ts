import { CommandError } from '../../errors/command-error.ts';
import type { RestartPolicy } from '../restart-policy.ts';
import { madeFor, type Service } from '../service.ts';

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

export function launchdLabel({ name }: Service): string {
  return `daemonium.${name}`;
}

/** A property list for launchd. @see https://keith.github.io/xcode-man-pages/launchd.plist.5.html */
export function launchdPlist(service: Service, isOfUser: boolean): string {
  const { declaration, directory, variables, restart, stopSeconds, owner } = service;
  const { stdout, stderr, workingDirectory, umask, env, by } = declaration;
  const variablesOfJob = by === 'control' ? { ...variables, ...env } : variables;
  const job = {
    Label: launchdLabel(service),
    ProgramArguments: service.foregroundWithEnvFile,
    WorkingDirectory: directory ?? workingDirectory,
    RunAtLoad: true,
    KeepAlive: keepAlive(restart),
    ...(restart === null ? {} : { ThrottleInterval: Math.max(1, Math.ceil(restart.delay / 1000)) }),
    ExitTimeOut: stopSeconds,
    Umask: umask,
    SoftResourceLimits: { Core: 0 },
    HardResourceLimits: { Core: 0 },
    // Otherwise launchd gives it little processor time, as a background job.
    ProcessType: 'Interactive',
    ...(!isOfUser && owner !== null ? { UserName: owner } : {}),
    ...(stdout === null ? {} : { StandardOutPath: stdout }),
    ...(stderr === null ? {} : { StandardErrorPath: stderr }),
    ...(Object.keys(variablesOfJob).length === 0 ? {} : { EnvironmentVariables: variablesOfJob }),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    // XML allows no two hyphens in a comment.
    `<!-- ${madeFor(service).replaceAll('--', '- -')} -->`,
    '<plist version="1.0">',
    element(job, ''),
    '</plist>',
    '',
  ].join('\n');
}

function keepAlive(restart: RestartPolicy | null): Value {
  if (restart === null) return false;
  return restart.on === 'always' ? true : { SuccessfulExit: false };
}

function element(value: Value, indent: string): string {
  if (typeof value === 'string') return `${indent}<string>${escaped(value)}</string>`;
  if (typeof value === 'number') return `${indent}<integer>${value}</integer>`;
  if (typeof value === 'boolean') return `${indent}<${value}/>`;
  const deeper = `${indent}  `;
  if (Array.isArray(value)) return [`${indent}<array>`, ...value.map((each) => element(each, deeper)), `${indent}</array>`].join('\n');
  const entries = Object.entries(value).flatMap(([key, each]) => [`${deeper}<key>${escaped(key)}</key>`, element(each, deeper)]);
  return [`${indent}<dict>`, ...entries, `${indent}</dict>`].join('\n');
}

/** @throws {CommandError} a character that XML 1.0 does not have, not even escaped */
function escaped(text: string): string {
  if (/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text))
    throw new CommandError(`a property list cannot have the control characters of ${JSON.stringify(text)}`);
  // A parser makes a newline of a carriage return.
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
}
