// What is imported from Node in a built file is asked of `process` instead. For an `import` Node 22 and later make a list of all that the
// module exports, and read each, lazy ones too: 3 ms for node:fs, once in a process. Lines stay lines, so source maps stay right.
const IMPORT = /^import \{([^}\n]*)\} from (["']node:[\w/]+["']);$/gm;

/** Of the files of a package, names and contents, those that are JavaScript. */
export function withoutImportsOfNode(files) {
  return files.map(([name, contents]) => [
    name,
    name.endsWith('.js') ? Buffer.from(rewritten(Buffer.from(contents).toString())) : contents,
  ]);
}

function rewritten(text) {
  return text.replace(IMPORT, (_, names, module) => `const {${names.replaceAll(' as ', ': ')}} = process.getBuiltinModule(${module});`);
}
