import { afterEach, beforeAll } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { bootSystemd, type Machine } from './machine.ts';

/** `test/fixtures/systems-service.ts`, in the machine. */
export const SERVICE = '/checkout/test/fixtures/dist/systems-service.js';

/** The journal's place at which the unit under test was written. */
const CURSOR = '/run/cursor';

/**
 * One machine for all tests of a suite, booted before the first of them. The unit `service` is stopped after each. A suite that is skipped
 * has no machine.
 */
export function bootForAll(prepare: (m: Machine) => Promise<unknown>): void {
  let m: Machine;
  beforeAll(async () => {
    let dispose = async (): Promise<void> => {};
    m = await bootSystemd(
      sandbox((given) => {
        dispose = given;
      }),
    );
    await prepare(m);
    return dispose;
  });
  afterEach(async () => {
    await m.sh('systemctl stop service.socket service.service; systemctl reset-failed');
  });
}

export interface UnitOptions {
  /** Of the program. @default foreground */
  readonly verb?: 'foreground' | 'start';
  readonly mode?: string;
  /** Of its Daemon, beside its own. */
  readonly options?: object;
  /** Lines of [Service]. */
  readonly service?: readonly string[];
  /** Lines of [Unit]. */
  readonly unit?: readonly string[];
}

/** Writes the unit of a service that runs {@link SERVICE}. */
export async function writeUnit(
  m: Machine,
  name: string,
  { verb = 'foreground', mode = '', options, service, unit }: UnitOptions,
): Promise<void> {
  const json = JSON.stringify({ name, pidFile: `/run/${name}/${name}.pid`, ...options }).replaceAll('"', '\\"');
  const lines = [
    '[Unit]',
    ...(unit ?? []),
    '[Service]',
    `ExecStart=/usr/bin/node ${SERVICE} ${verb}`,
    `Environment="MODE=${mode}" "OPTIONS=${json}"`,
    `RuntimeDirectory=${name}`,
    ...(service ?? []),
  ];
  m.write(`/etc/systemd/system/${name}.service`, `${lines.join('\n')}\n`);
  await m.ok(`systemctl daemon-reload; journalctl --sync; journalctl -q -n 1 --show-cursor | sed -n 's/^-- cursor: //p' > ${CURSOR}`);
}

/** Properties of a unit. */
export async function show(m: Machine, unit: string, ...names: readonly string[]): Promise<Record<string, string>> {
  const text = await m.ok(`systemctl show ${names.map((name) => `-p ${name}`).join(' ')} ${unit}`);
  return Object.fromEntries(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

/** Waits until a property of the unit is so. */
export async function untilShown(m: Machine, unit: string, name: string, value: string, deadline = 30_000): Promise<void> {
  await until(async () => (await show(m, unit, name))[name] === value, { what: `${name}=${value} of ${unit}`, deadline, interval: 50 });
}

export async function mainPid(m: Machine, unit: string): Promise<number> {
  const pid = Number((await show(m, unit, 'MainPID'))['MainPID']);
  if (!(pid > 1)) throw new Error(`${unit} has the main process ${pid}`);
  return pid;
}

/** What the service printed, and what systemd says of it, since its unit was written. */
export async function journal(m: Machine, unit: string): Promise<string> {
  // What is on its way to the journal is waited for.
  return (await m.sh(`journalctl --sync; journalctl -q -o cat -u ${unit} --after-cursor="$(cat ${CURSOR})"`)).stdout;
}

/** What a service itself printed. */
export async function printed(m: Machine, unit: string): Promise<string> {
  return (await m.sh(`journalctl --sync; journalctl -q -o cat -u ${unit} _TRANSPORT=stdout --after-cursor="$(cat ${CURSOR})"`)).stdout;
}

/** The processes in the cgroup of a unit. */
export function processesOf(m: Machine, unit: string): Promise<string> {
  return m.ok(`cat /sys/fs/cgroup/system.slice/${unit}.service/cgroup.procs 2>/dev/null || true`);
}
