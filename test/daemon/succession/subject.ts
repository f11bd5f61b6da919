import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Finished, Launched } from '../../helpers/launch.ts';
import { executedWith, statOf } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import type { Sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

export type Kind = 'function' | 'subclass' | 'module' | 'program' | 'control';
export const KINDS: readonly Kind[] = ['function', 'subclass', 'module', 'program'];

const daemonium = JSON.stringify(new URL('../../../packages/daemon/dist/index.js', import.meta.url).href);

/** What a version of the service does instead of working. */
export const FAULTS = {
  throws: "throw new Error('the new version is broken');",
  hangs: 'await new Promise((resolve) => setTimeout(resolve, 1e6));',
  'exits 0': 'process.exit(0);',
  'is a SyntaxError': 'const = ;',
} as const;

/** A service on the sockets it is given, which answers with its version and pid. A POST to /later is answered once /go has been asked for. */
const SERVICE = (version: string) => `
const serve = (sockets) => {
  const waiting = [];
  return sockets.map((socket) => createServer((request, response) => {
    const answer = () => response.end('${version} ' + process.pid);
    if (request.url === '/later') { response.write(''); response.flushHeaders(); waiting.push(answer); }
    else { if (request.url === '/go') for (const each of waiting.splice(0)) each(); answer(); }
  }).listen(socket));
};`;

/** Writes a version of the service's sources into the sandbox; the fault is met before it is ready. */
export function writeVersion(box: Sandbox, kind: Kind, version: string, fault = ''): void {
  const imports = `import { once } from 'node:events';\nimport { createServer } from 'node:http';\nimport { control, Daemon, drain, isDaemonProcess } from ${daemonium};\n`;
  const options = 'JSON.parse(process.argv[2])';
  const work = `const servers = serve(this.sockets); await once(this.shutdown, 'abort'); await Promise.all(servers.map(drain));`;
  const go = "if (process.argv[3] === 'stop') await daemon.stop(); else await daemon.start();\n";
  const broken = (text: string) => (text === '' ? '' : text === FAULTS['is a SyntaxError'] ? text : `if (isDaemonProcess) { ${text} }`);
  const files: Record<Kind, Record<string, string>> = {
    function: {
      'main.mjs': `${imports}${SERVICE(version)}\n${broken(fault)}\nconst daemon = new Daemon({ ...${options}, async target() { ${work} } });\n${go}`,
    },
    control: {
      'main.mjs': `${imports}${SERVICE(version)}\n${broken(fault)}\nconst daemon = new Daemon({ ...${options}, async target() { ${work} } });\nawait control(daemon, process.argv.slice(3));\n`,
    },
    subclass: {
      'main.mjs': `${imports}${SERVICE(version)}\n${broken(fault)}\nclass Web extends Daemon { async run() { ${work} } }\nconst daemon = new Web(${options});\n${go}`,
    },
    module: {
      'main.mjs': `${imports}const daemon = new Daemon({ ...${options}, target: new URL('target.mjs', import.meta.url) });\n${go}`,
      'target.mjs': `${imports}${SERVICE(version)}\n${fault}\nexport default async function () { ${work} }\n`,
    },
    program: {
      'main.mjs': `${imports}const { listen, program, ...options } = ${options};\nconst daemon = new Daemon({ ...options, ready: 'listening', target: { script: new URL('program.mjs', import.meta.url), argv: [String(program)], execArgv: ['--no-deprecation'] } });\n${go}`,
      'program.mjs': `import { createServer } from 'node:http';\n${SERVICE(version)}\n${fault}\nserve([{ port: Number(process.argv[2]) }]);\n`,
    },
  };
  for (const [name, text] of Object.entries(files[kind])) writeFileSync(box.path(name), text);
}

/** Options of the service as its script takes them; a program listens by itself. */
export function optionsOf(box: Sandbox, port: number, more: object = {}): string {
  return JSON.stringify({
    pidFile: box.path('daemon.pid'),
    detach: true,
    listen: [port],
    program: port,
    stderr: box.path('stderr'),
    ...more,
  });
}

/** @param wrapped puts a command in front of the launcher's */
export function startService(
  box: Sandbox,
  kind: Kind,
  port: number,
  more: object = {},
  {
    env = {},
    wrapped = (command) => command,
  }: { readonly env?: Record<string, string>; readonly wrapped?: (command: string[]) => string[] } = {},
): Promise<Finished> {
  const { program, ...options } = JSON.parse(optionsOf(box, port, more));
  const words = JSON.stringify(kind === 'program' ? { ...options, program } : options);
  const [executable = '', ...args] = wrapped([process.execPath, box.path('main.mjs'), words]);
  return box.launch('', { executable, args, env });
}

/** Whether the processes of the sandbox are these. */
export const isOnly = ({ token }: Sandbox, ...pids: number[]) => carriersOf(token).sort().join() === pids.sort().join();

/** Processes of the sandbox, once they are these. */
export const onlyThese = (box: Sandbox, ...pids: number[]) => until(() => isOnly(box, ...pids), { what: `no processes but ${pids}` });

interface Upgraded {
  readonly pid: number;
  readonly previous: number;
}

export async function upgraded(box: Sandbox): Promise<Upgraded> {
  return upgradedBy(await box.launch('succession-ask'));
}

/** The same after an upgrade whose asker has died. That one is under way until all of it is undone, which takes longer than the end of its processes. */
export async function upgradedAgain(box: Sandbox): Promise<Upgraded> {
  const isOver = async () => {
    const asker = await box.launch('succession-ask');
    return isRefused(asker) ? null : asker;
  };
  return upgradedBy(await until(isOver, { what: 'the end of the upgrade before' }));
}

const isRefused = ({ stdout }: Pick<Finished, 'stdout'>) => stdout.includes('ERR_UPGRADE_UNDER_WAY');

function upgradedBy({ stdout, stderr, code }: Finished): Upgraded {
  expect({ stdout, stderr, code }).toEqual({ stdout: expect.stringMatching(/^\{"pid":\d+,"previous":\d+\}\n$/), stderr: '', code: 0 });
  return JSON.parse(stdout);
}

/** Asks for an upgrade of the daemon, also after one whose asker has died. @returns the asker, once there is a successor */
export async function underWay(box: Sandbox, pid: number): Promise<Launched> {
  let asker = box.spawn('succession-ask');
  const hasSuccessor = () => {
    if (isRefused(asker)) asker = box.spawn('succession-ask');
    return carriersOf(box.token).some((each) => isSuccessor(each, pid));
  };
  await until(hasSuccessor, { what: 'a successor' });
  return asker;
}

/** Whether a process runs the service in the daemon's place. A shell starts it, which begins as a copy of the daemon. */
function isSuccessor(pid: number, daemon: number): boolean {
  try {
    const cmdline = executedWith(pid, 'cmdline');
    return pid !== daemon && statOf(pid).ppid !== daemon && cmdline.includes('main.mjs') && !cmdline.startsWith('/bin/sh');
  } catch {
    return false;
  }
}
