// What the sibling packages need of this one beyond `start/`. The package's whole code is in this entry's file.
export { adoptLock, forgetLock, type HandedLock, lockForHandover } from '../lock/adopt.ts';
export { siblings } from '../siblings.ts';
