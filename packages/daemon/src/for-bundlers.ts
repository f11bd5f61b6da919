// Entry of this package for bundlers (the condition `module`). A single bundled file cannot load code later and at once, so this entry imports all
// code.
import '@daemonium/core/handover';

export * from './index.ts';
