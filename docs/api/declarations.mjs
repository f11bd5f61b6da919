// Reads what tsc writes into dist/types: declarations in a regular form, each with its docstring before it.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The exports of a declaration file, in the order of their names: name, kind, whether it is there at run time, docstring, text without
 * comments, the members of classes and interfaces, and the file that declares it; of a re-export the package it comes from.
 * @returns {Declaration[]}
 * @typedef {{ name: string, kind: string, isValue: boolean, doc: string, text: string, members: Declaration[], file: string }} Declaration
 */
export function exportsOf(file) {
  return statements(readFileSync(file, 'utf8')).flatMap((statement) => {
    const list = /^export (type )?\{(.*)\} from '(.*)';$/s.exec(statement.text);
    if (list !== null) return passedOn(file, { names: list[2], from: list[3], typeOnly: list[1] !== undefined });
    return statement.text.startsWith('export ') ? [declaration(file, statement)] : [];
  });
}

/** `export { a, type B, c as d } from './other.ts'`. */
function passedOn(file, { names: list, from, typeOnly }) {
  const there = declarationsOf(join(dirname(file), from.replace(/\.ts$/, '.d.ts')));
  const names = list.split(',').map((each) => each.trim());
  return names
    .filter((name) => name !== '')
    .map((each) => {
      const isType = typeOnly || each.startsWith('type ');
      const [inner, name = inner] = each.replace(/^type /, '').split(' as ');
      if (!from.startsWith('.')) {
        return { name, kind: 're-export', isValue: !isType, doc: `See ${from}.`, text: '', members: [], file: from };
      }
      const declared = there.get(inner);
      if (declared === undefined) throw new Error(`${file}: '${inner}' is not declared in ${from}`);
      return { ...declared, name, isValue: declared.isValue && !isType };
    });
}

/** What a file declares or passes on, by name. */
function declarationsOf(file) {
  const all = new Map();
  if (!file.endsWith('.d.ts')) return all;
  const text = readFileSync(file, 'utf8');
  for (const statement of statements(text)) {
    const declared = declaration(file, statement);
    const earlier = all.get(declared.name);
    // Overloads are one function.
    all.set(declared.name, earlier === undefined ? declared : { ...earlier, text: `${earlier.text}\n${declared.text}` });
  }
  if (/^export (?:type )?\{/m.test(text)) for (const each of exportsOf(file)) all.set(each.name, each);
  return all;
}

const HEAD = /^(?:export )?(?:declare )?(?:abstract )?(class|interface|type|function|const|let|enum) ([\w$]+)/;

function declaration(file, { text, doc }) {
  const [, kind = '', name = ''] = HEAD.exec(text) ?? [];
  const isValue = kind !== 'interface' && kind !== 'type';
  const plain = text.replace(/^export /, '').replace(/^declare /, '');
  if (kind !== 'class' && kind !== 'interface') return { name, kind, isValue, doc, text: plain, members: [], file };
  // The brace that ends its line is the body's; those of type arguments do not.
  const open = plain.indexOf('{\n');
  const members = statements(dedent(plain.slice(open + 1, plain.lastIndexOf('}'))))
    .filter((member) => !/^(#private|private )/.test(member.text))
    .map((member) => ({ name: memberName(member.text), kind: 'member', doc: member.doc, text: member.text, members: [] }));
  return { name, kind, isValue, doc, text: plain.slice(0, open).trim(), members, file };
}

function memberName(text) {
  return (
    /^(?:(?:readonly|static|abstract|protected|get|set|override) )*(\[[^\]]+\]|'[^']+'|[\w$]+)/.exec(text)?.[1].replaceAll("'", '') ?? ''
  );
}

/** Text split at the ends of its statements, each with the docstring in front of it. Comments inside of a statement stay. */
function statements(text) {
  const all = [];
  let doc = '';
  let lines = [];
  let comment = null;
  let depth = 0;
  for (const line of text.split('\n')) {
    if (comment === null && lines.length === 0 && line.startsWith('/**')) comment = [];
    if (comment !== null) {
      comment.push(line);
      if (line.includes('*/')) {
        doc = docText(comment.join('\n'));
        comment = null;
      }
      continue;
    }
    if (lines.length === 0 && line.trim() === '') continue;
    lines.push(line);
    depth += balance(line);
    if (depth === 0 && /[;}]$/.test(line) && !/^\s*(\*|\/\*)/.test(line)) {
      all.push({ text: lines.join('\n'), doc });
      doc = '';
      lines = [];
    }
  }
  return all;
}

function balance(line) {
  const code = line.replace(/'(?:\\.|[^'\\])*'|\/\*.*?\*\/|\/\/.*$|^\s*\*.*$/g, '');
  return [...code].reduce((sum, char) => sum + ('({['.includes(char) ? 1 : ')}]'.includes(char) ? -1 : 0), 0);
}

function docText(comment) {
  return comment
    .replace(/^\/\*\*\s?|\s*\*\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();
}

function dedent(text) {
  return text.replace(/^ {4}/gm, '').replace(/^\n/, '');
}
