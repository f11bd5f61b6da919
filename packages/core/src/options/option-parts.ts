/** Names of the parts of two options that are objects, for the daemon and for the command's config file. */
export const OPTION_PARTS = {
  respawn: ['on', 'delay', 'factor', 'maxDelay', 'healthyAfter', 'limit', 'never', 'memory'],
  lease: ['key', 'engine', 'urlFrom', 'duration', 'renewEvery', 'giveUp', 'killAt', 'holder'],
} as const;
