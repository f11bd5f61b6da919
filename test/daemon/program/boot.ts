import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LaunchOptions } from '../../helpers/launch.ts';
import type { Sandbox } from '../../helpers/sandbox.ts';

const BUILT = fileURLToPath(new URL('../../../packages/daemon/dist/run-program.js', import.meta.url));

/** Runs `file`, written with these lines, as a program of runProgram(); READY on stdout is what it calls when the program is ready. */
export function runAsProgram(
  box: Sandbox,
  file: string,
  lines: string,
  readiness: string,
  argv: readonly string[] = [],
  options: LaunchOptions = {},
) {
  writeFileSync(box.path(file), lines);
  writeFileSync(
    box.path('boot.mjs'),
    `import { writeSync } from 'node:fs';
     import { runProgram } from ${JSON.stringify(BUILT)};
     const [script, readiness, ...argv] = process.argv.slice(2);
     await runProgram({ script, argv, readiness }, () => writeSync(1, 'READY\\n'));`,
  );
  return box.launch(box.path('boot.mjs'), { args: [box.path(file), readiness, ...argv], ...options });
}
