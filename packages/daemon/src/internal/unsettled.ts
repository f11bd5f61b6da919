/** The exit status of a Node.js whose event loop is empty while a top-level await is not settled. */
export const UNSETTLED = 13;
