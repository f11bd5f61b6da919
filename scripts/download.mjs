// Downloads by npm and its like. A registry that is not reached is told from one that was asked for the wrong thing: the first is no
// fault of the checkout, and what needs the download is skipped.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runQuietly, StepFailed } from './progress.mjs';

/** The codes by which npm and pnpm tell of a network or a registry that fails. They have tried three times by then. */
const UNREACHED =
  /\b(?:EAI_\w+|ENOTFOUND|ENOTCACHED|ECONN(?:REFUSED|RESET|ABORTED)|ETIMEDOUT|E(?:NET|HOST)UNREACH|ERR_SOCKET_\w+|UND_ERR_\w+|E(?:429|5\d\d)|ERR_PNPM_FETCH_(?:429|5\d\d)|ERR_PNPM_META_FETCH_FAIL)\b/;

/** A registry was not reached, or has failed itself. `reason` is the line that says so. */
export class DownloadFailed extends StepFailed {
  constructor(message, reason) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Runs npm, npx or pnpm as {@link runQuietly} does.
 * @throws {DownloadFailed}
 * @throws {StepFailed} it has failed otherwise
 */
export async function download(title, command, args, { env = process.env, ...options }) {
  try {
    // Below `npm run --silent` they would not say why they fail.
    return await runQuietly(title, command, args, { ...options, env: { ...env, npm_config_loglevel: 'warn' } });
  } catch (error) {
    const reason = error instanceof StepFailed ? error.message.split('\n').find((line) => UNREACHED.test(line)) : undefined;
    throw reason === undefined ? error : new DownloadFailed(error.message, reason.trim());
  }
}

/** Runs steps that may need a download. Without it they are skipped, and it is said why. */
export async function unlessDownloadFails(what, steps) {
  try {
    await steps();
  } catch (error) {
    if (!(error instanceof DownloadFailed)) throw error;
    console.log(`\n=== Skipped: ${what}: ${error.reason}`);
  }
}

/**
 * Installs packages into a directory of their own. It is there whole or not at all, because several processes may try at once, and one may be ended.
 * @param isThere whether all of it is there
 */
export async function installPackages(title, { directory, dependencies, isThere }) {
  if (isThere()) return;
  mkdirSync(dirname(directory), { recursive: true });
  const work = mkdtempSync(`${directory}.`);
  try {
    // Tests of root run what is in it as other users.
    chmodSync(work, 0o755);
    // A project of its own and not `--prefix`, with which npm overlooks the machine's npmrc: registry, proxy, certificates.
    writeFileSync(join(work, 'package.json'), JSON.stringify({ private: true, dependencies }));
    await download(title, 'npm', ['install', '--no-audit', '--no-fund'], { cwd: work });
    writeFileSync(join(work, 'installed'), '');
    if (isThere()) return;
    // An interrupted installation may have left a part.
    rmSync(directory, { recursive: true, force: true });
    moveUnlessThere(work, directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Another process may have been faster. */
function moveUnlessThere(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}
