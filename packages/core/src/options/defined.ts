/** `values` without the keys that are undefined: an option that is undefined counts as left out. */
export function defined<T extends object>(values: T): { readonly [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
