import picocolors from 'picocolors';
import type { StateName } from '../daemons/state.ts';

type Colours = ReturnType<typeof picocolors.createColors>;
interface Stream {
  readonly isTTY?: boolean;
}

/** Colours where they are wanted: on a terminal, without NO_COLOR. picocolors itself would also colour a pipe in CI. */
export function coloursFor(stream: Stream, env: NodeJS.ProcessEnv = process.env): Colours {
  const isWanted = stream.isTTY === true && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return picocolors.createColors(isWanted);
}

export function colourOfState(colours: Colours, state: StateName): (text: string) => string {
  if (state === 'running' || state === 'standby') return colours.green;
  if (state === 'stopped') return colours.dim;
  return state === 'crashed' ? colours.red : colours.yellow;
}

const NAME_COLOURS = ['cyan', 'magenta', 'yellow', 'green', 'blue'] as const;

/** The colour of the n-th name, where several follow each other. */
export function colourOfName(colours: Colours, index: number): (text: string) => string {
  return colours[NAME_COLOURS[index % NAME_COLOURS.length] ?? 'cyan'];
}
