// The build copies it into this package: to find it where it is installed takes a start 3 ms.
export { EventEmitter } from 'eventemitter3';
