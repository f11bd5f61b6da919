/** Defaults of the options `startTimeout` and `stopTimeout`, in ms. */
export const START_TIMEOUT = 90_000;
export const STOP_TIMEOUT = 10_000;
