import { constants } from 'node:os';
import { OptionError } from '@daemonium/core/start';
import { type FaultPlace, PLACES } from './places.ts';

/**
 * A fault of a process: it waits for ever (`hang`), keeps the event loop busy for ever (`busy`), ends (`exit`), throws an error or another
 * value, rejects, or gets a signal: `SIGKILL`, `SIGSTOP`, `SIGSEGV`, any other.
 */
export type Fault = 'hang' | 'busy' | 'exit' | 'throw' | 'throw-non-error' | 'reject' | NodeJS.Signals;

/** One fault at one place. */
export interface FaultPlan {
  /** The place of the start at which the fault happens. */
  readonly at: FaultPlace;
  /** The fault itself. */
  readonly fault: Fault;
  /**
   * The status of `exit`, 0 to 255.
   * @default 1
   */
  readonly code?: number;
}

const FAULTS: readonly string[] = ['hang', 'busy', 'exit', 'throw', 'throw-non-error', 'reject', ...Object.keys(constants.signals)];

const PLAN = /^(?<at>[\w-]+)=(?<fault>[\w-]+?)(?::(?<code>\d{1,3}))?$/;

/**
 * A plan as text: `stage5=hang`, `after-stage6=SIGKILL`, `run=exit:7`.
 * @throws {OptionError} `ERR_OPTION_VALUE`
 */
export function parseFaultPlan(text: string): FaultPlan {
  const { at = '', fault = '', code } = PLAN.exec(text)?.groups ?? {};
  const known =
    PLACES.includes(at as FaultPlace) && FAULTS.includes(fault) && (code === undefined || (fault === 'exit' && Number(code) < 256));
  if (!known) throw new OptionError('fault', "PLACE=FAULT, as in 'stage5=hang' or 'run=exit:7'", text, 'ERR_OPTION_VALUE');
  return { at: at as FaultPlace, fault: fault as Fault, ...(code === undefined ? {} : { code: Number(code) }) };
}

/**
 * Commits the fault in this process, now. The code after it runs only when `fault` is a signal that does not end the process: after
 * `SIGSTOP` and `SIGCONT`, say.
 * @param fault the fault to commit
 * @param code the status of `exit`; default 1
 * @throws {Error} `throw`; its code is `ERR_INJECTED`
 */
export function misbehave(fault: Fault, code = 1): Promise<void> {
  switch (fault) {
    case 'hang':
      // A promise alone does not keep a process.
      return new Promise(() => void setInterval(() => {}, 2 ** 30));
    case 'busy':
      for (;;);
    case 'exit':
      return process.exit(code);
    case 'throw':
      throw injected();
    case 'throw-non-error':
      // biome-ignore lint/style/useThrowOnlyError: this fault is a thrown value that is no Error
      throw 'an injected value that is no error';
    case 'reject':
      return Promise.reject(injected());
    default:
      process.kill(process.pid, fault);
      // Any thread may take the signal, and this one would go on until then.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SIGNAL_TAKES_MS);
      return Promise.resolve();
  }
}

/** More than a signal of this process to itself needs to arrive. */
const SIGNAL_TAKES_MS = 50;

function injected(): Error {
  return Object.assign(new Error('an injected error'), { code: 'ERR_INJECTED' });
}
