// Which functions of the sources can throw: read from their syntax trees, through the functions that they call.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { root } from './markdown.ts';

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** One source file: its functions by name (`f`, `Class.method`), and where its imported names come from. */
interface Source {
  readonly functions: ReadonlyMap<string, Node>;
  readonly origins: ReadonlyMap<string, Origin>;
}

interface Origin {
  readonly file: string;
  readonly name: string;
}

const sources = new Map<string, Source>();

/**
 * Whether a function can throw: it has a `throw` outside of a `try` whose `catch` ends the matter, or calls one that has. Calls of
 * values (callbacks, lazily loaded modules) are not followed.
 * @param file the source file
 * @param name `f` or `Class.method`
 */
export function canThrow(file: string, name: string): boolean {
  return reaches({ file, name }, new Set());
}

function reaches({ file, name }: Origin, seen: Set<string>): boolean {
  const key = `${file}#${name}`;
  if (seen.has(key) || !existsSync(file)) return false;
  seen.add(key);
  const source = sourceOf(file);
  const found = source.functions.get(name);
  if (found === undefined) {
    const origin = source.origins.get(name);
    return origin !== undefined && reaches(origin, seen);
  }
  const [owner = ''] = name.includes('.') ? name.split('.') : [];
  const { throws, calls } = read(found);
  return throws || calls.some((call) => reaches({ file, name: call.replace(/^this\./, `${owner}.`) }, seen));
}

/** What stands in a function: whether it throws by itself, and the functions that it calls by name. */
function read(body: Node): { throws: boolean; calls: string[] } {
  const calls: string[] = [];
  let throws = false;
  const visit = (node: Node): void => {
    if (node.type === 'ThrowStatement') throws = true;
    if (node.type === 'TryStatement' && isNode(node.handler) && !hasThrow(node.handler)) {
      visit(node.handler);
      if (isNode(node.finalizer)) visit(node.finalizer);
      return;
    }
    const called = node.type === 'CallExpression' || node.type === 'NewExpression' ? calledName(node) : null;
    if (called !== null) calls.push(called);
    for (const child of children(node)) visit(child);
  };
  for (const child of children(body)) visit(child);
  return { throws, calls };
}

function hasThrow(node: Node): boolean {
  return node.type === 'ThrowStatement' || children(node).some(hasThrow);
}

/** `f`, `this.method`, and `Class.constructor` for `new Class()`. */
function calledName({ type, callee }: Node): string | null {
  if (!isNode(callee)) return null;
  if (callee.type === 'Identifier') return type === 'NewExpression' ? `${callee.name}.constructor` : String(callee.name);
  const { object, property } = callee;
  if (callee.type !== 'MemberExpression' || !isNode(object) || !isNode(property)) return null;
  return object.type === 'ThisExpression' ? `this.${nameOf(property)}` : null;
}

function sourceOf(file: string): Source {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const functions = new Map<string, Node>();
  const origins = new Map<string, Origin>();
  const program = parseAst(readFileSync(file, 'utf8'), { lang: 'ts' }) as unknown as { readonly body: readonly Node[] };
  for (const statement of program.body) {
    const from = isNode(statement.source) ? resolved(String(statement.source.value), file) : null;
    for (const [here, there] of from === null ? [] : namesIn(statement)) origins.set(here, { file: from ?? '', name: there });
    const declared = isNode(statement.declaration) ? statement.declaration : statement;
    for (const [name, body] of declaredIn(declared)) functions.set(name, body);
  }
  const source = { functions, origins };
  sources.set(file, source);
  return source;
}

/** The names of an import or re-export: here, and in the other file. */
function namesIn({ type, specifiers }: Node): [string, string][] {
  return ((specifiers ?? []) as Node[]).map((each) => {
    const [here, there] = (type === 'ImportDeclaration' ? [each.local, each.imported] : [each.exported, each.local]) as [
      Node,
      Node | undefined,
    ];
    return [nameOf(here), nameOf(there ?? here)];
  });
}

function declaredIn(node: Node): [string, Node][] {
  if (node.type === 'FunctionDeclaration' && isNode(node.id)) return [[nameOf(node.id), node]];
  if (node.type === 'VariableDeclaration') {
    return (node.declarations as Node[])
      .filter(({ init }) => isNode(init) && /Function/.test(init.type))
      .map(({ id, init }) => [nameOf(id as Node), init as Node]);
  }
  if (node.type !== 'ClassDeclaration') return [];
  const name = nameOf(node.id as Node);
  return ((node.body as Node).body as Node[])
    .filter(({ type }) => type === 'MethodDefinition')
    .map(({ key, value }) => [`${name}.${nameOf(key as Node)}`, value as Node]);
}

/** The source file behind an import of ours; `null` for everything else. */
function resolved(specifier: string, file: string): string | null {
  if (specifier.startsWith('.')) return join(dirname(file), specifier);
  const [, directory, entry] = /^@daemonium\/(\w+)(?:\/([\w-]+))?$/.exec(specifier) ?? [];
  if (directory === undefined) return null;
  const place = join(root, 'packages', directory, 'src', entry ?? '');
  return existsSync(`${place}.ts`) ? `${place}.ts` : join(place, 'index.ts');
}

function nameOf({ type, name, value }: Node): string {
  return type === 'PrivateIdentifier' ? `#${name}` : String(name ?? value);
}

function children(node: Node): Node[] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []));
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}
