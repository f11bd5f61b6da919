// `node site/chromium.mjs`: gets Chromium from Debian, for the tests of the site.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DebianPackages } from '../scripts/debian-packages.mjs';

const packages = new DebianPackages({
  name: 'chromium',
  packages: ['chromium', 'fonts-dejavu-core'],
  isThere: () => chromium().missing === null,
  script: 'site/chromium.mjs',
});

/** Its executable, and the environment it needs; or `missing`, with the reason. The wrapper in /usr/bin is left out: it looks for the rest in /usr. */
export function chromium() {
  const { root } = packages;
  const ofTheSystem = ['/usr/lib/chromium/chromium', '/opt/google/chrome/chrome'].find((file) => existsSync(file));
  if (ofTheSystem !== undefined) return { executable: ofTheSystem, env: {}, missing: null };
  const executable = join(root, 'usr/lib/chromium/chromium');
  if (!existsSync(executable)) return { executable, env: {}, missing: `Chromium: ${packages.reason}` };
  const fonts = existsSync(join(root, 'etc/fonts')) ? { FONTCONFIG_SYSROOT: root } : {};
  return { executable, env: { ...packages.env, ...fonts }, missing: null };
}

/** Downloads and unpacks it where it is missing. Tried once; `node site/chromium.mjs` tries again. */
export function installChromium(options) {
  packages.install(options);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  installChromium({ again: true });
  const { executable, missing } = chromium();
  console.log(missing === null ? `Chromium is there: ${executable}` : `Not there: ${missing}`);
}
