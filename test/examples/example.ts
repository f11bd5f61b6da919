import { fileURLToPath } from 'node:url';

/** The path of a built example: `examples/NAME.ts` is run as `examples/dist/NAME.js`. */
export function example(name: string): string {
  return fileURLToPath(new URL(`../../examples/dist/${name}.js`, import.meta.url));
}
