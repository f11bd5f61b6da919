// In the bundle: to find it as a package of its own takes a start 3 ms, and createRequire() would keep an application from being one file.
export { EventEmitter } from 'eventemitter3';
