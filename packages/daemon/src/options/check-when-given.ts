/** Checks of the options that most starts do without. They are a file of their own, which is loaded when one of these options is given. */
export { resolveIdentity } from './find-identity.ts';
export { resolveListen } from './listen.ts';
export { resolveRespawn } from './respawn.ts';
