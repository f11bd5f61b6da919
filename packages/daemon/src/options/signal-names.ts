/** The system's signals. Asked for only when one is named: most starts do without node:os. */
export function numbered(): Readonly<Record<string, number>> {
  return process.getBuiltinModule('node:os').constants.signals;
}

/** The canonical name of a signal given by name or number, or `null`. */
export function signalName(key: string | number): NodeJS.Signals | null {
  const numbers = numbered();
  if (typeof key === 'string' && Object.hasOwn(numbers, key)) return key as NodeJS.Signals;
  if (typeof key === 'string' && !/^[1-9][0-9]?$/.test(key)) return null;
  const number = Number(key);
  return (Object.keys(numbers).find((name) => numbers[name] === number) ?? null) as NodeJS.Signals | null;
}
