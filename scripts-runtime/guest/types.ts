/** What a typed script is given and may ask, as an editor shows it: of this text its declarations are made, and the guest is held to it. */

/** As JSON has it: what services, applications and logins say is looked into without a word of ours about its shape. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- strangers' JSON: a script says by itself what it expects
export type Json = any;

export type EffectName = 'claims' | 'scopes' | 'acr' | 'amr' | 'deny' | 'metadata' | 'redirect' | 'approval' | 'sleep';

/** Where a script may send requests to. */
export interface NetRule {
  /** A host name in lower case; `*.` before it for every name below it; a port where it is not the scheme's own. */
  readonly host: string;
  /** `GET` unless said. */
  readonly methods?: readonly ('GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE')[];
  /** Header → text with `${NAME}` in the place of secrets; added on the way out, never seen by the script. */
  readonly secretHeader?: Readonly<Record<string, string>>;
  /** Plain http. */
  readonly insecure?: boolean;
}

/** What a script says beforehand; it has nothing else. */
export interface Manifest {
  /** Engine and API level. */
  readonly runtime: '2026-11';
  /** Names of secrets of the workspace. */
  readonly secrets?: readonly string[];
  readonly net?: readonly NetRule[];
  readonly effects?: readonly EffectName[];
  /** What becomes of the login when the script fails; `deny` unless said. */
  readonly onError?: 'deny' | 'continue';
}

/** Milliseconds, or `30s`, `10m`, `2h`, `3d`. */
export type Duration = number | string;

export interface ClientRequest {
  readonly ip: string;
  readonly userAgent: string;
  /** The parameters of the authorization request, as they were validated. */
  readonly query: Readonly<Record<string, string>>;
  /** By names in lower case; none that authorises anybody. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Of a post-authentication script. */
export interface PostAuthnEvent {
  readonly login: { readonly id: string; readonly mode: 'live' | 'test' | 'replay' | 'shadow' };
  readonly tenant: { readonly id: string };
  readonly workspace: { readonly id: string; readonly name: string };
  readonly client: { readonly id: string; readonly name?: string | undefined; readonly trusted: boolean };
  readonly idp: { readonly id: string };
  readonly user: {
    readonly id: string;
    /** What tokens call the person. */
    readonly subject: string;
    /** What their idp calls them. */
    readonly idpSubject: string;
  };
  readonly authn: {
    /** What is known of the person, by the names of OpenID Connect. */
    readonly ctx: Readonly<Record<string, Json>>;
    readonly amr: readonly string[];
    readonly acr?: string | undefined;
    /** When they proved who they are, which a session may have been long ago. Seconds since the epoch. */
    readonly authTime: number;
  };
  readonly request: ClientRequest;
  readonly transaction: {
    readonly scopes: readonly string[];
    readonly acrValues: readonly string[];
    readonly authorizationDetails: readonly Json[];
  };
  readonly stats: LoginStats;
}

/** Of what audit events still tell: of the last 200 about the person, and for as long as they are kept. */
export interface LoginStats {
  /** Logins of the person in this workspace that came to an end before this one. */
  readonly logins: number;
  /** The last of them. Milliseconds since the epoch. */
  readonly lastLoginAt?: number | undefined;
  /** Wrong answers for the person in this workspace in the last 24 hours. Anybody can give one; left out for who is in no pool. */
  readonly failures?: number | undefined;
}

export interface AllowedIdpsEvent {
  /** As people are offered them. */
  readonly idps: readonly { readonly id: string; readonly name: string; readonly method: string }[];
  readonly tenant: { readonly id: string };
  readonly workspace: { readonly id: string; readonly name: string };
  readonly client: { readonly id: string; readonly name: string };
  readonly request: ClientRequest;
}

export interface TokenMintingEvent {
  readonly access_token: Readonly<Record<string, Json>>;
  readonly id_token: Readonly<Record<string, Json>>;
  readonly tenant: { readonly id: string };
  readonly workspace: { readonly id: string; readonly name: string };
  readonly client: { readonly id: string };
  /** Nobody where a client acts for itself. */
  readonly user: { readonly subject?: string | undefined };
  readonly transaction: { readonly grantType?: string | undefined; readonly scopes: readonly string[] };
}

export interface FetchOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent as JSON; the method is POST unless said. */
  readonly json?: unknown;
  readonly timeoutMs?: number;
}

export interface FetchAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** What was read of JSON, or a text. */
  readonly body: Json;
}

export interface ApprovalRequest {
  /** Whom to ask: of this group, of this role, or of both at once. */
  readonly group?: string;
  readonly role?: string;
  /** How many have to approve; 1 unless said. */
  readonly quorum?: number;
  /** Three days unless said, and never longer than the login lives. */
  readonly timeout?: Duration;
  /** What they read. */
  readonly reason?: string;
}

export interface ApprovalAnswer {
  readonly approved: boolean;
  readonly outcome: 'approved' | 'denied' | 'expired' | 'withdrawn';
  readonly decisions: readonly {
    /** Id of the person who decided. */
    readonly by: string;
    readonly name: string;
    readonly approved: boolean;
    readonly reason: string;
    /** Milliseconds since the epoch. */
    readonly at: number;
  }[];
}

export interface JwtKey {
  /** PEM, JWK, or the secret of an HMAC. */
  readonly key: string | Readonly<Record<string, string>>;
  readonly issuer?: string | readonly string[];
  readonly audience?: string | readonly string[];
  readonly subject?: string;
}

/** What a script may ask at every execution point. */
export interface ScriptApi {
  /** Ends the login with `access_denied`. The reason is kept with the run, and told nobody. */
  deny(reason: string, details?: unknown): void;
  readonly claims: { set(name: string, value: unknown): void };
  fetch(url: string, options?: FetchOptions): Promise<FetchAnswer>;
  /** Values that outlive the login: of the script, and of all of its versions. Seconds to live, an hour unless said. */
  readonly cache: {
    get(key: string): Promise<Json>;
    set(key: string, value: unknown, options?: { readonly ttl?: number }): Promise<Json>;
    incr(key: string, options?: { readonly by?: number; readonly ttl?: number }): Promise<number>;
  };
  /** Those that the script names. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly crypto: {
    /** The same however often the login is run again. */
    uuid(): string;
    /** @returns hexadecimal */
    sha256(data: unknown): string;
    /** @returns hexadecimal */
    hmac(key: unknown, data: unknown, algorithm?: string): string;
    base64url(data: unknown): string;
    fromBase64url(text: string): string;
    readonly jwt: {
      sign(
        payload: Readonly<Record<string, unknown>>,
        options: JwtKey & { readonly alg: string; readonly expiresIn?: number | string },
      ): Promise<string>;
      /** @returns the claims; throws where it does not verify */
      verify(token: string, options: JwtKey & { readonly algorithms?: readonly string[] }): Promise<Json>;
    };
  };
  readonly console: {
    log(...said: readonly unknown[]): void;
    info(...said: readonly unknown[]): void;
    warn(...said: readonly unknown[]): void;
    error(...said: readonly unknown[]): void;
  };
}

/** What a post-authentication script may ask besides. */
export interface PostAuthnApi extends ScriptApi {
  readonly scopes: { grant(scope: string): void; deny(scope: string): void };
  readonly acr: { set(value: string): void };
  readonly amr: { set(values: readonly string[]): void };
  /** Members put in the place of those of their name; null takes one away. Written with the end of the run, or not at all. */
  readonly user: { setMetadata(members: Readonly<Record<string, unknown>>): void };
  /** The person goes to a custom application, perhaps for hours. */
  redirect(
    app: string,
    options?: { readonly data?: Readonly<Record<string, unknown>>; readonly timeout?: Duration },
  ): Promise<{ readonly data: Readonly<Record<string, Json>> }>;
  /** Several people decide, perhaps for days. */
  approval(request: ApprovalRequest): Promise<ApprovalAnswer>;
  /** The login rests. */
  sleep(duration: Duration): Promise<null>;
  readonly tx: PostAuthnEvent['transaction'];
}

/** @returns nothing, or what `run` of its point returns */
export interface PostAuthnScript extends Manifest {
  run(event: PostAuthnEvent, api: PostAuthnApi): unknown;
}

export interface AllowedIdpsScript extends Manifest {
  run(
    event: AllowedIdpsEvent,
    api: ScriptApi,
  ): { readonly idps_ids: readonly string[] } | Promise<{ readonly idps_ids: readonly string[] }>;
}

export interface TokenMintingScript extends Manifest {
  /** Claims that are set are in both tokens; or returns `access_token` and `id_token`. */
  run(event: TokenMintingEvent, api: ScriptApi): unknown;
}
