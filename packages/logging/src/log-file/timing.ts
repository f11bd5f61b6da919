/** A buffered file writes earlier than at the end of the turn when it has collected so many characters. */
export const BUFFER_CHARACTERS = 64 * 1024;

/** How long after a failed write the next one is tried. */
export const RETRY_MS = 250;

/** How long lines may go into a removed file, or to a descriptor that other code has closed, before that is noticed, in ms. */
export const CHECK_MS = 1000;
