import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, copyFileSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const PT_LOAD = 1;
const PT_NOTE = 4;
const PT_GNU_STACK = 0x6474e551;
const HEADER_SIZE = 56;
const NHDR_SIZE = 12;
const PAGE = 0x1000;
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:0';

const align = (value: number, to: number): number => Math.ceil(value / to) * to;

/**
 * A single-executable application out of a script (https://nodejs.org/api/single-executable-applications.html), without postject: the blob
 * becomes an ELF note at the end of the file. x86-64 and arm64 Linux.
 */
export async function singleExecutable(directory: string, script: string): Promise<string> {
  const [bundle, config, blob, executable] = ['app.cjs', 'sea.json', 'app.blob', 'app'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
    string,
  ];
  await build({
    entryPoints: [script],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: bundle,
    external: ['koffi', 'pino'],
    logLevel: 'silent',
  });
  writeFileSync(config, JSON.stringify({ main: bundle, output: blob, disableExperimentalSEAWarning: true }));
  execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: 'pipe' });
  copyFileSync(process.execPath, executable);
  chmodSync(executable, 0o755);
  inject(executable, readFileSync(blob));
  return executable;
}

function inject(executable: string, blob: Uint8Array): void {
  const image = readFileSync(executable);
  const fd = openSync(executable, 'r+');
  const name = Buffer.from('NODE_SEA_BLOB\0');
  const note = Buffer.alloc(NHDR_SIZE + align(name.length, 4) + align(blob.length, 4));
  note.writeUInt32LE(name.length, 0);
  note.writeUInt32LE(blob.length, 4);
  name.copy(note, NHDR_SIZE);
  note.set(blob, NHDR_SIZE + align(name.length, 4));

  const headers = programHeaders(image);
  const offset = align(image.length, PAGE);
  const address = align(Math.max(...headers.filter(({ type }) => type === PT_LOAD).map(({ end }) => end)), PAGE);
  writeSync(fd, note, 0, note.length, offset);
  for (const [from, to] of [
    [PT_GNU_STACK, PT_LOAD],
    [PT_NOTE, PT_NOTE],
  ] as const) {
    const found = headers.find(({ type }) => type === from);
    if (found === undefined) throw new Error(`No program header of type ${from}`);
    const header = Buffer.alloc(HEADER_SIZE);
    header.writeUInt32LE(to, 0);
    header.writeUInt32LE(4, 4);
    for (const [at, value] of [
      [8, offset],
      [16, address],
      [24, address],
      [32, note.length],
      [40, note.length],
      [48, PAGE],
    ] as const) {
      header.writeBigUInt64LE(BigInt(value), at);
    }
    writeSync(fd, header, 0, HEADER_SIZE, found.at);
  }
  const fuse = image.indexOf(FUSE);
  if (fuse === -1) throw new Error('This Node.js cannot be made an application of');
  writeSync(fd, '1', fuse + FUSE.length - 1);
  closeSync(fd);
}

function programHeaders(image: Buffer): Array<{ type: number; at: number; end: number }> {
  const start = Number(image.readBigUInt64LE(32));
  return Array.from({ length: image.readUInt16LE(56) }, (_, index) => {
    const at = start + index * HEADER_SIZE;
    return { type: image.readUInt32LE(at), at, end: Number(image.readBigUInt64LE(at + 16) + image.readBigUInt64LE(at + 40)) };
  });
}
