import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../docs/markdown.ts';

const maps = readdirSync(join(root, 'packages')).flatMap((name) => {
  const directory = join(root, 'packages', name, 'dist');
  return readdirSync(directory)
    .filter((file) => file.endsWith('.js.map'))
    .map((file) => join(directory, file));
});

const read = (map: string): SourceMapPayload => JSON.parse(readFileSync(map, 'utf8')) as SourceMapPayload;

// The tarballs have no sources, so the maps carry their text.
test('source maps name their sources as seen from their own directory, and have their text', () => {
  expect(maps.length).toBeGreaterThan(15);
  const sources = maps.flatMap((map) => {
    const { sources: paths, sourcesContent } = read(map);
    return paths.map((path, index) => ({ path: join(dirname(map), path), text: sourcesContent[index] }));
  });
  expect(sources.length).toBeGreaterThan(300);
  expect(sources.filter(({ path }) => !existsSync(path)).map(({ path }) => path)).toEqual([]);
  expect(sources.filter(({ path, text }) => readFileSync(path, 'utf8') !== text).map(({ path }) => path)).toEqual([]);
});

test('a place in a bundle is mapped to the line that it comes from', () => {
  const map = join(root, 'packages/daemon/dist/daemon.js.map');
  const lines = readFileSync(map.replace(/\.map$/, ''), 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes('Termination = class'));
  const entry = new SourceMap(read(map)).findEntry(line, lines[line]?.search(/\S/) ?? 0);
  if (!('originalSource' in entry)) throw new Error(`Line ${line + 1} of the bundle is not mapped`);
  const source = join(dirname(map), entry.originalSource);
  expect(source).toBe(join(root, 'packages/daemon/src/service/termination.ts'));
  expect(readFileSync(source, 'utf8').split('\n')[entry.originalLine]).toContain('class Termination');
});
