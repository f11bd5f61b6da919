export { stepDownDaemon } from './step-down.ts';
export { askForUpgrade } from './upgrade.ts';
