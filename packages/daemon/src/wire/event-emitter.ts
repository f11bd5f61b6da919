// An import that a bundler sees: createRequire() is a millisecond faster, and keeps an application from being one file.
export { EventEmitter } from 'eventemitter3';
