/**
 * Gives a class its `name` on the prototype, where it neither shows among an instance's own properties nor follows a bundler's renaming.
 * Called from the class's static block.
 */
export function setErrorName(errorClass: { readonly prototype: Error }, name: string): void {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true, enumerable: false });
}
