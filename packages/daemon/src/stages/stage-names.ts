/** Names for messages; the numbers are the table's of the documentation. */
const STAGES: readonly string[] = [
  '',
  'detach',
  'core dumps',
  'credentials',
  'umask',
  'working directory',
  'pid file',
  'signals',
  'inherited files',
  'standard streams',
];

export function stageName(stage: number): string {
  return `stage ${stage} (${STAGES[stage]})`;
}
