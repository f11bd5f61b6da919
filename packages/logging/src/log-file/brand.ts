/** Marks destinations of this package, of whatever copy, for whoever looks under a logger. */
export const LOG_FILE: unique symbol = Symbol.for('daemonium.logging.file') as never;
