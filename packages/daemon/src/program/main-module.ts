import { pathToFileURL } from 'node:url';

/** Functions of node:module that its types leave out. */
interface ModuleLoader {
  /** `node SCRIPT`: CommonJS runs at once, ESM is only begun. */
  runMain(script: string): void;
  /** The file that SCRIPT means, with the endings and the index files of CommonJS; links are followed. */
  _findPath(script: string, paths: null, isMain: true): string | false;
}

/**
 * Runs a script as the main module of this process, as `node SCRIPT ARGV` would: `process.argv`, `require.main`, `import.meta.main`;
 * CommonJS, ESM, and every other format of this Node. An error of the script is an uncaught error, as under node.
 * @param script an absolute path
 * @returns once the main module has been evaluated
 */
export function runMainModule(script: string, argv: readonly string[]): Promise<void> {
  const loader = process.getBuiltinModule('node:module').Module as unknown as ModuleLoader;
  process.argv.splice(1, Number.POSITIVE_INFINITY, script, ...argv);
  return new Promise((resolve) => {
    // Outside of the caller's promise, which would catch the script's errors.
    setImmediate(() => {
      try {
        loader.runMain(script);
      } finally {
        void evaluated(loader, script).then(resolve);
      }
    });
  });
}

/** Only a CommonJS main module has been evaluated when runMain() returns. For ESM the import of the same URL settles with it, and runs nothing twice. */
async function evaluated(loader: ModuleLoader, script: string): Promise<void> {
  if (process.mainModule !== undefined) return;
  const file = loader._findPath(script, null, true);
  if (file === false) return;
  // Node's own import comes first, which makes it the main module; after an --import that is a few promises later.
  await nextTurn();
  // Node's own import of it rejects, too, and is never caught: by the next turn this process has ended.
  await import(pathToFileURL(file).href).catch(nextTurn);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
