export { resolveOptions } from '../options/resolve.ts';
export { launch } from './launch.ts';
export { launchAndExit } from './launch-and-exit.ts';
export { isSupervised } from './supervised.ts';
