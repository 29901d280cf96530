declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** DynamoDB's protocol, in memory. */
  function dynalite(options?: { readonly createTableMs?: number; readonly deleteTableMs?: number }): Server;
  export = dynalite;
}
