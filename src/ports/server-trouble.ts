/** Why Postgres, Redis or the issuer can't be used, for whoever set the environment. */
export interface ServerTrouble {
  /** One line: the variable, what is wrong, what to do. It holds no password. */
  readonly line: string;
  /** Whether it may end by itself, as an outage does. A wrong password or database does not. */
  readonly passing: boolean;
}
