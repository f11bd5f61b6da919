export { captureOutput, type LineLogger } from './capture-output.ts';
export { LogFileError } from './errors.ts';
export { type FileLogger, fileLogger } from './file-logger.ts';
export { flushLogger, isLogger, type LoggerLike, loggerFds } from './logger-fds.ts';
export type { FileLoggerOptions, OrUndefined } from './options.ts';
