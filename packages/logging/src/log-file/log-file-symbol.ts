/** Marks destinations of this package, of whatever copy, for those that look under a logger. */
export const LOG_FILE: unique symbol = Symbol.for('daemonium.logging.file') as never;
