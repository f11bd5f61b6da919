// What bundlers take for this package (the condition `module`): in one file nothing can be loaded later, at least not at once, so all is there.
import '@daemonium/core/handover';

export * from './index.ts';
