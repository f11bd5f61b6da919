/** The longest time of setTimeout() and setInterval(), in ms, some 24 days: a longer one fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;
