export interface Programs {
  readonly postgres: string;
  readonly initdb: string;
  readonly pgbouncer: string;
  readonly etcd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What is missing, and why; `null`: nothing. */
  readonly missing: string | null;
}

const { servers, installServers } = (await import(new URL('./install.mjs', import.meta.url).href)) as {
  servers(): Programs;
  installServers(): void;
};

installServers();
export const programs = servers();
/** Why tests with real servers are left out, or `false`. */
export const noServers = programs.missing ?? false;
if (noServers !== false) console.log(`Tests with real servers are skipped: ${noServers}`);
