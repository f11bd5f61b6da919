/** The part of a `pg.Client` that this package uses. */
export interface PostgresClient {
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (message: { payload?: string | undefined }) => void): unknown;
  escapeLiteral(text: string): string;
}

/** A client's configuration, as `pg.Client` takes it: `host`, `port`, `user`, `password`, `database`, `ssl`, `connectionString`, ... */
export type PostgresConfig = Readonly<Record<string, unknown>>;

/** A `pg.Pool`, of which this package uses the configuration and the class of its clients. */
export interface PostgresPool {
  /** The configuration of its clients. */
  readonly options: object;
  /** Takes a client out of the pool. */
  connect(): Promise<unknown>;
}

/** `pg.Client`, or the class from which a pool makes its clients. */
export type ClientClass = new (config: PostgresConfig) => PostgresClient;

/** One result of a query. */
export interface Result {
  readonly rowCount: number | null;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}
