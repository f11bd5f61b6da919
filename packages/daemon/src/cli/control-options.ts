import { OptionError } from '@daemonium/core/start';
import { callOptions } from '../options/call-options.ts';

/** Options of `control()`. */
export interface ControlOptions {
  /**
   * A start, restart or foreground writes the daemon down among those of this user, under its `name`: then the command `daemonium` lists it, and
   * stops, restarts and shows it. The command runs `node SCRIPT VERB`, and gives the words behind `--` again.
   * @default false
   */
  readonly register?: boolean | undefined;
}

/** @throws {OptionError} */
export function checkControlOptions(options: ControlOptions): ControlOptions {
  const { register } = callOptions('control', options, ['register']);
  if (register !== undefined && typeof register !== 'boolean')
    throw new OptionError('register', 'true or false', register, 'ERR_OPTION_TYPE');
  return options;
}
