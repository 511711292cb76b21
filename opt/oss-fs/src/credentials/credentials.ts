/** What requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Of temporary credentials. */
  readonly securityToken?: string | undefined;
  /** Milliseconds since the epoch; absent: they do not expire. */
  readonly expiration?: number | undefined;
}

/** One place where credentials come from. */
export interface CredentialProvider {
  /** For messages: `ecs-ram-role`. */
  readonly name: string;
  /** Whether this place is set up at all; else the next in the chain is asked. No request. */
  isConfigured(): boolean;
  /** Asks for them anew. Rejects with what is wrong; never shows a secret. */
  fetch(signal: AbortSignal): Promise<Credentials>;
}

/** What the client asks before every request. */
export interface CredentialSource {
  /** At once where there is nothing to fetch. */
  get(signal: AbortSignal | undefined): Credentials | Promise<Credentials>;
  /** The store refused these; whether others may be had, so that the request is worth another try. */
  refused(credentials: Credentials): boolean;
  /** Ends a fetch under way. */
  close(): void;
}
