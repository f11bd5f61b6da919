export { startedInForeground } from '../host/detect.ts';
export { resolveOptions } from '../options/resolve.ts';
export { launchAndExit } from './activate.ts';
export { launch } from './start.ts';
