import { expect, test } from 'vitest';
import { exportsOf, publicEntries } from './declared.ts';
import { canThrow } from './thrown.ts';

/** One thing that a user can read about: an export, or a member of one. */
interface Thing {
  /** `Class.member`, or the export's name. */
  readonly name: string;
  readonly entry: string;
  readonly text: string;
  readonly doc: string;
  readonly source: string;
}

const declared = publicEntries().flatMap(({ name: entry, types }) =>
  exportsOf(types)
    .filter(({ kind }) => kind !== 're-export')
    .map((each) => ({ ...each, entry, source: each.file.replace('/dist/types/', '/src/').replace(/\.d\.ts$/, '.ts') })),
);
const members: Thing[] = declared.flatMap(({ name: owner, entry, source, members: all }) =>
  // A setter is described with its getter; constructors of errors and methods of protocols (`[Symbol.dispose]`) have their meaning from elsewhere.
  all
    .filter(({ name, text }) => !text.startsWith('set ') && !name.startsWith('[') && !(name === 'constructor' && owner.endsWith('Error')))
    .map(({ name, text, doc }) => ({ name: `${owner}.${name}`, entry, source, text, doc })),
);
const functions: Thing[] = [...declared.filter(({ kind }) => kind === 'function'), ...members.filter(isCalled)];
const fields = members.filter((each) => !isCalled(each));

function isCalled({ text }: Thing): boolean {
  return /^(?:static )?\w+\??\(/.test(text) || text.startsWith('get ');
}

const OPTIONAL = /^(?:readonly )?'?\w+'?\?:/;
/** A type with a number in it, functions' parameters aside. */
const NUMERIC = /: [^(]*\b(?:number|bigint)\b/;
const UNIT =
  /\b(?:in ms|in bytes|octal|pids?|uids?|gids?|tid|descriptors?|exit (?:code|codes|status)|signal|number|factor|how often|status of|token|bit set|in the resource's unit)\b/i;
/** Whether a docstring is about a length of time. */
const TIME = /^(?:How long|When|Time until|The (?:longest )?pause)\b|\bfor so long\b/;

/** The unit stands in the first sentence, where it belongs to the field: others may give the figures of something else, as in "after 500 ms". */
function saysUnit(doc: string): boolean {
  const [sentence = ''] = doc.split(/\.(?=\s|$)/, 1);
  return TIME.test(sentence) ? /\bin ms\b/.test(sentence) : UNIT.test(sentence);
}

const named = (things: readonly Thing[]) => [...new Set(things.map(({ entry, name }) => `${entry}: ${name}`))];

test('every member of a public class or interface has a docstring', () => {
  expect(members.length).toBeGreaterThan(200);
  expect(named(members.filter(({ doc }) => doc === ''))).toEqual([]);
});

test('every optional field says its default, as @default', () => {
  const optional = fields.filter(({ text }) => OPTIONAL.test(text));
  expect(optional.length).toBeGreaterThan(60);
  expect(named(optional.filter(({ doc }) => !/@default \S/.test(doc)))).toEqual([]);
});

test('every numeric field says its unit, or what it counts', () => {
  const numeric = fields.filter(({ text }) => NUMERIC.test(text));
  expect(numeric.length).toBeGreaterThan(60);
  expect(named(numeric.filter(({ doc }) => !saysUnit(doc)))).toEqual([]);
  const times = numeric.filter(({ doc }) => /\bin ms\b/.test(doc));
  expect(times.length).toBeGreaterThan(20);
  expect(named(times.filter(({ doc }) => saysUnit(doc.replace(/,? in ms\b/, ''))))).toEqual([]);
});

/** The errors with more than one code, or with one that tells what happened better than the class does. */
const MANY_CODES = /@throws \{(?:Error|OptionError|DaemonError|NodeJS\.ErrnoException)\}(?![^@]*(?:`E[A-Z0-9_]+`|\bas \{@link|plans?\b))/;

/** Functions with a `throw` below them that they cannot reach. */
const NEVER: Readonly<Record<string, string>> = {
  'PidLockFile.isLocked': 'fstat() of the own descriptor fails with EBADF alone, which is an answer',
  'PidLockFile.isPrimary': 'as isLocked()',
  processStartDate: 'asks for the start time only where there is a /proc',
  proveHolder: 'as processStartDate()',
};

test('every public function that can throw has @throws, or says that it never throws', () => {
  const throwing = functions.filter(({ source, name }) => canThrow(source, name));
  expect(throwing.length).toBeGreaterThan(60);
  const silent = throwing.filter(({ doc, name }) => !/@throws|[Nn]ever throws/.test(doc) && NEVER[name] === undefined);
  expect(named(silent)).toEqual([]);
  const needless = Object.keys(NEVER).filter((each) => !throwing.some(({ name, doc }) => name === each && !doc.includes('@throws')));
  expect(needless).toEqual([]);
});

test('@throws of an error with several codes names them', () => {
  expect(named([...functions, ...fields].filter(({ doc }) => MANY_CODES.test(doc)))).toEqual([]);
});

test('every function of @daemonium/core/posix names its source: a page of the manual', () => {
  const posix = functions.filter(({ entry, name }) => entry === '@daemonium/core/posix' && !name.includes('.'));
  expect(named(posix.filter(({ doc }) => !/@see https:/.test(doc)))).toEqual([]);
});
