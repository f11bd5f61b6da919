import { createRequire } from 'node:module';

/** eventemitter3 has one implementation, in CommonJS; through its ESM wrapper the loader takes 5 ms of every start-up, this way 3. */
const { EventEmitter: Emitter } = createRequire(import.meta.url)('eventemitter3') as typeof import('eventemitter3');

export const EventEmitter: typeof Emitter = Emitter;
