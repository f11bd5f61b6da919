import { closeSync, openSync, readSync } from 'node:fs';

/** Endings of scripts that other programs than Node run. */
const OF_OTHERS = /\.(sh|py|rb|php|pl|coffee|ls)$/;
const TYPESCRIPT = /\.[cm]?tsx?$/;
/** Errors of Node that mean: this is not the JavaScript that I read. */
const NOT_READ: readonly unknown[] = ['SyntaxError', 'ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX'];

const TSX = `npm install tsx, and start it with --node-args "--import tsx"; in a config file, execArgv: ['--import', 'tsx']`;

/**
 * A cure for a program that Node cannot read: Node's own error names none.
 * @param error of a start; its `cause` is the program's
 * @returns `null` for every other failure
 */
export function cureOf({ cause }: { readonly cause?: unknown }, script: string): string | null {
  const { name, code } = (cause ?? {}) as { readonly name?: unknown; readonly code?: unknown };
  if (!NOT_READ.includes(code) && !NOT_READ.includes(name)) return null;
  if (!TYPESCRIPT.test(script)) return otherInterpreter(script);
  // A mistake in what Node does run is the program's.
  if (hasTypes() && code === undefined) return null;
  const why = hasTypes()
    ? `Node ${process.versions.node} takes types away, and does no more`
    : `Node ${process.versions.node} does not run TypeScript (22.18 and later do)`;
  return `${why}: ${TSX}`;
}

/** Half a sentence about a script that another program than Node runs; `null` if nothing says so. */
export function otherInterpreter(script: string): string | null {
  const [, interpreter = null] = /^#!\s*(.*)/.exec(beginning(script)) ?? [];
  if (interpreter === null ? !OF_OTHERS.test(script) : /node|tsx|bun|deno/.test(interpreter)) return null;
  const found = interpreter === null ? '' : `, and its first line names '${interpreter}'`;
  return `programs are run by Node, which cannot read '${script}'${found}`;
}

function hasTypes(): boolean {
  const { typescript = false } = process.features as { readonly typescript?: unknown };
  return typescript !== false;
}

function beginning(script: string): string {
  const buffer = Buffer.alloc(200);
  try {
    const fd = openSync(script, 'r');
    try {
      return buffer.toString('utf8', 0, readSync(fd, buffer));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
