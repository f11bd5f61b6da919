/** Node.js marks all inherited descriptors up to here close-on-exec, whatever gaps there are; higher ones only up to the first gap. */
export const HIGHEST_MARKED = 15;
