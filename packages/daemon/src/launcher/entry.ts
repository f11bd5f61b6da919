export { resolveOptions } from '../options/resolve.ts';
export { Launch } from './launch.ts';
export { launchAndExit } from './launch-and-exit.ts';
export { launch } from './launch-from-here.ts';
export { loadRespawn, preloadRespawn } from './load-respawn.ts';
export { nodeCommand } from './node-command.ts';
export { spawnDaemon } from './spawn.ts';
export { plainOptions } from './spawn-plan.ts';
export { isSupervised } from './supervised.ts';
