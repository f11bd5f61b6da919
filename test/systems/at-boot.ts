import { until } from '../helpers/wait.ts';
import type { Machine } from './machine.ts';

export const DAEMONIUM = 'node /checkout/packages/cli/dist/main.js';

/** A server on port 8080 that answers with a variable, and tells of its end in good order. */
export const WEB = `
require('node:http')
  .createServer((_request, response) => response.end(process.env.ANSWER))
  .listen(8080);
process.once('SIGTERM', () => {
  require('node:fs').appendFileSync(require('node:os').homedir() + '/ends', 'in good order\\n');
  process.exit();
});
`;
export const FETCH = `node -e "fetch('http://127.0.0.1:8080').then((answer) => answer.text()).then(console.log)"`;

/** The answer of {@link WEB}. A daemon runs before it listens, so this waits for that. */
export const answerOf = (m: Machine): Promise<string> =>
  until(async () => (await m.sh(FETCH)).stdout.trimEnd(), { what: 'an answer', deadline: 30_000, interval: 50 });

export interface Listed {
  readonly state: string;
  readonly pid: number | null;
  readonly boot: string | null;
}

/** As after the verb `stop`. */
export const STOPPED: Listed = { state: 'stopped', pid: null, boot: null };

/** The command of root, or of a user. */
export const commandsOf = (user: string | null) => {
  const by = user === null ? '' : `runuser -u ${user} -- env HOME=/home/${user} XDG_RUNTIME_DIR=/run/user/$(id -u ${user}) `;
  const listed = async (m: Machine, name = 'web'): Promise<Listed> => {
    const all = JSON.parse(await m.ok(`${by}${DAEMONIUM} list --json`)) as Array<Listed & { readonly name: string }>;
    const one = all.find((each) => each.name === name);
    if (one === undefined) throw new Error(`'${name}' is not listed`);
    return { state: one.state, pid: one.pid, boot: one.boot };
  };
  return {
    run: (m: Machine, words: string) => m.ok(`${by}${DAEMONIUM} ${words}`),
    systemctl: (m: Machine, words: string) => m.ok(`${by}systemctl ${user === null ? '' : '--user '}${words}`),
    listed,
    /** Waits until the daemon runs, as another process than `before`. */
    runsAnew: (m: Machine, before: number | null = null): Promise<number> =>
      until(
        async () => {
          const { pid, state } = await listed(m);
          return state === 'running' && pid !== before && pid !== null && pid > 1 ? pid : undefined;
        },
        { what: 'the daemon, started anew', deadline: 30_000, interval: 100 },
      ),
  };
};
