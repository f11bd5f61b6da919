import type { Declaration } from '@daemonium/core/registry';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import { shellLine, shellWord } from '../../words/shell-words.ts';
import { engineVariable } from '../engine-variable.ts';
import type { Service } from '../service.ts';

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** A name that Kubernetes accepts for an object: a label of RFC 1123. */
function labelOf(name: string): string {
  const label = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return label === '' ? 'daemon' : label;
}

/**
 * A Deployment of one, or of two where a lease sees to it that one leads. The image is for the reader to name.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/
 */
export function kubernetesManifest(service: Service): string {
  const { name, declaration, listen, stopSeconds } = service;
  const label = labelOf(name);
  const engine = engineVariable(declaration);
  const labels = { 'app.kubernetes.io/name': label };
  const ports = listen.flatMap(({ port }) => (port === null ? [] : [{ containerPort: port }]));
  const hasLease = declaration.lease !== null;
  // The config file sets these by itself.
  const own = declaration.config === null ? declaration : { env: {}, envFile: null };
  const container = {
    name: label,
    image: `${label}:latest`,
    command: commandOf(service).map(literal),
    workingDir: declaration.workingDirectory,
    ...given('env', [
      ...Object.entries(own.env).map(([key, value]) => ({ name: key, value: literal(value) })),
      ...(engine === null ? [] : [{ name: engine, valueFrom: { secretKeyRef: { name: label, key: engine } } }]),
    ]),
    ...given('envFrom', own.envFile === null ? [] : [{ configMapRef: { name: label } }]),
    ...given('ports', ports),
    securityContext: { allowPrivilegeEscalation: false },
  };
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: label, labels },
    spec: {
      replicas: hasLease ? 2 : 1,
      // Without a lease two at a time would both be at work.
      strategy: { type: hasLease ? 'RollingUpdate' : 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: stopSeconds,
          // No signal of its own ends process 1 of a pid namespace: the kill timer needs another process to be that one.
          ...(hasLease ? { shareProcessNamespace: true } : {}),
          containers: [container],
        },
      },
    },
  } satisfies Deployment;
  const remarks = [
    `Made by daemonium for '${name}'. The image is to have Node, the program at the path below, and daemonium; put its name in.`,
    ...(declaration.config === null ? [] : [`It is to have the config file '${declaration.config}', too.`]),
    ...(own.envFile === null
      ? []
      : [`Variables of the env file: kubectl create configmap ${label} --from-env-file=${shellWord(own.envFile)}`]),
    ...(engine === null ? [] : [`The URL of the lease's engine: kubectl create secret generic ${label} --from-literal=${engine}=URL`]),
  ];
  return `${remarks.map((remark) => `# ${remark.replace(LINE_ENDS, ' ')}\n`).join('')}${yaml(manifest, '').trimStart()}\n`;
}

/**
 * The image has no declarations, so the command line or the config file says everything. A lease has no option: only a config file or a
 * program that calls control() declares one.
 */
function commandOf({ declaration, foreground }: Service): readonly string[] {
  const { by, name, script, args, execArgv, config } = declaration;
  const own = args.length === 0 ? [] : ['--', ...args];
  if (by === 'control') return ['node', ...execArgv, script, 'foreground', ...own];
  // In the foreground this command's own process needs the flags of Node.
  const command = execArgv.length === 0 ? ['daemonium'] : ['node', ...foreground.slice(1, execArgv.length + 2)];
  if (config !== null) return [...command, 'start', name, '--foreground', '--config', config];
  return [...command, 'start', script, '--name', name, ...optionsOf(declaration), '--foreground', ...own];
}

/** The options of `start`, as they were typed. */
function optionsOf({ ready, user, listen, execArgv }: Declaration): readonly string[] {
  return [
    ...(ready === 'started' ? [] : ['--ready', ready]),
    ...(user === null ? [] : ['--user', user]),
    ...(listen ?? []).flatMap((address) => ['--listen', String(address)]),
    ...(execArgv.length === 0 ? [] : ['--node-args', shellLine(execArgv)]),
  ];
}

/** Kubernetes makes a value of $(NAME), and one dollar sign of two. */
function literal(text: string): string {
  return text.replace(/\$(?=[$(])/g, '$$$$');
}

function given<K extends string, V>(key: K, list: V[]): { readonly [key in K]?: V[] } {
  return list.length === 0 ? {} : ({ [key]: list } as { readonly [key in K]: V[] });
}

/** Block style; scalars as JSON has them, which YAML reads. */
function yaml(value: Value, indent: string): string {
  if (typeof value !== 'object') return typeof value === 'string' ? scalar(value) : String(value);
  if (isList(value)) return value.map((each) => `\n${indent}- ${yaml(each, `${indent}  `).trimStart()}`).join('');
  return Object.entries(value)
    .map(([key, each]) => {
      const inner = yaml(each, isList(each) ? indent : `${indent}  `);
      return `\n${indent}${scalar(key)}:${inner.startsWith('\n') ? inner : ` ${inner}`}`;
    })
    .join('');
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Line ends of YAML. A comment goes no further. */
const LINE_ENDS = /[\n\r\x85\u2028\u2029]/g;
/** Characters that JSON leaves as they are, and YAML does not take. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff]/g;

/** Quotes a text, unless YAML can only read it as a string. */
function scalar(text: string): string {
  return /^[A-Za-z/][\w./-]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text).replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
