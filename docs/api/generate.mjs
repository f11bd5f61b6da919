// `npm run docs:api`: writes the reference from the docstrings, as tsc has put them into dist/types. A test compares.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportsOf } from './declarations.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const packages = fileURLToPath(new URL('../../packages/', import.meta.url));

/** Made for the other packages, and changed with them. */
const INTERNAL = ['@daemonium/core/handover', '@daemonium/core/registry', '@daemonium/core/start'];

/** What users can import: the name to import from, the package's directory, the declarations and the reference's file. */
export function publicEntries() {
  return ['daemon', 'cli', 'core', 'logging', 'lease'].flatMap((directory) => {
    const manifest = JSON.parse(readFileSync(join(packages, directory, 'package.json'), 'utf8'));
    return Object.entries(manifest.exports)
      .filter(([, target]) => target.types !== undefined)
      .map(([path, { types }]) => ({
        name: `${manifest.name}${path.slice(1)}`,
        types: join(packages, directory, types),
        file: `${directory}${path === '.' ? '' : `-${path.slice(2)}`}.md`,
      }))
      .filter(({ name }) => !INTERNAL.includes(name));
  });
}

const GROUPS = [
  ['Classes', ({ kind, text }) => kind === 'class' && !isError(text)],
  ['Functions', ({ kind }) => kind === 'function'],
  ['Values', ({ kind }) => kind === 'const'],
  ['Errors', ({ kind, text }) => kind === 'class' && isError(text)],
  ['Types', ({ kind }) => kind === 'interface' || kind === 'type'],
  ['From other packages', ({ kind }) => kind === 're-export'],
];

function isError(text) {
  return /extends \w*Error\b/.test(text);
}

/** The pages' texts, by file name. */
export function generate() {
  const entries = publicEntries().map((entry) => ({ ...entry, exports: exportsOf(entry.types) }));
  const pages = Object.fromEntries(entries.map((entry) => [entry.file, page(entry, entries)]));
  const list = entries.map(({ name, file }) => `- [\`${name}\`](${file})`);
  return {
    ...pages,
    'README.md': `# API reference\n\nTo look up what an export takes, gives and throws, choose its package.\n\n${NOTE}\n\n${list.join('\n')}\n`,
  };
}

const NOTE = 'Generated from the docstrings by `npm run docs:api`: change those, not this page.';

function page({ name, exports }, entries) {
  const groups = GROUPS.flatMap(([title, belongs]) => {
    const found = exports.filter(belongs);
    return found.length === 0
      ? []
      : [`## ${title}`, ...found.flatMap((each) => (each.kind === 're-export' ? elsewhere(each.name, entries) : section(each, name)))];
  });
  return `${[`# ${name}`, NOTE, ...groups].join('\n\n')}\n`;
}

/** Documented where it is declared. */
function elsewhere(name, entries) {
  const { file } = entries.find(({ exports }) => exports.some((each) => each.name === name && each.kind !== 're-export'));
  return [`### ${name}`, `See [\`${name}\`](${file}#${name.toLowerCase()}).`];
}

function section({ name, kind, doc, text, members }, entry) {
  const parts = [`### ${name}`, fence(text), prose(doc)];
  if (kind === 'interface') parts.push(members.map(bullet).join('\n'));
  else parts.push(...members.flatMap((member) => [`#### ${name}: ${label(member)}`, fence(member.text), prose(member.doc)]));
  if (/EventEmitter</.test(text))
    parts.push(
      `The methods of an event emitter (\`on\`, \`once\`, \`off\`, ...) come from [eventemitter3](https://github.com/primus/eventemitter3).`,
    );
  return parts
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('```ts\n', `<!-- given: import { ${name} } from '${entry}'; -->\n\`\`\`ts\n`));
}

function label({ name, text }) {
  return /^(static )?[^:(]*\(/.test(text) && !/^(get|set) /.test(text) ? `${name}()` : name;
}

/** `typescript`, because these are no programs: blocks of `ts` are checked by a test. */
function fence(text) {
  return `\`\`\`typescript\n${text}\n\`\`\``;
}

function bullet({ text, doc }) {
  const written = prose(doc);
  return `- \`${text.replace(/;$/, '').replace(/\s*\n\s*/g, ' ')}\`${written === '' ? '' : `\n${written.replace(/^(?=.)/gm, '  ')}`}`;
}

const TITLES = { param: '', returns: 'Returns ', throws: 'Throws ', default: 'Default: ', see: 'See ' };

/** A docstring as Markdown: what it says, then its tags as a list. */
function prose(doc) {
  const [text = '', ...tags] = doc.split(/(?:^|\s+)@(?=(?:param|returns|throws|default|see)\b)/);
  const items = tags.map((tag) => {
    const [, kind, rest] = /^(\w+)\s*(.*)$/s.exec(tag.trim());
    return `- ${TITLES[kind]}${tagText(kind, rest.replace(/\s*\n\s*/g, ' '))}`;
  });
  return links([text.trim(), items.join('\n')].filter((part) => part !== '').join('\n\n'));
}

function tagText(kind, text) {
  if (kind === 'throws') return text.replace(/^\{([^}]*)\}/, '`$1`:').replace(/:$/, '');
  if (kind === 'param') return text.replace(/^(\w+)/, '`$1`:');
  return kind === 'default' && /^(-?[\d_.xo]+|'[^']*'|true|false|null|\[\])$/.test(text) ? `\`${text}\`` : text;
}

function links(text) {
  return text.replace(/\{@link (\S+?)\}/g, '`$1`');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = generate();
  for (const name of readdirSync(here)) if (name.endsWith('.md') && pages[name] === undefined) rmSync(join(here, name));
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(here, name), text);
}
