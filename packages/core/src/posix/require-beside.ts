import { isAbsolute } from 'node:path';

/** Loads at once what is installed beside the file that this code is in: the package's, or an application's that it was bundled into. */
export function requireBeside(name: string): unknown {
  return process.getBuiltinModule('node:module').createRequire(beside())(name);
}

/** In an application bundled as CommonJS there is no `import.meta.url`: what is external is looked for from its script, or from a single executable. */
function beside(): string {
  const { url } = import.meta as { readonly url?: string };
  if (url !== undefined) return url;
  const [, script] = process.argv;
  return script !== undefined && isAbsolute(script) ? script : process.execPath;
}
