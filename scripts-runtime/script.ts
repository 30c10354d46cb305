/** A script as it was published: its two shapes, what it says about itself, and why one is refused. */
import { z } from 'zod';

export const executionPoints = ['post_authn_ctx', 'allowed_idp_ids', 'token_minting', 'client_token_minting'] as const;
export type ExecutionPoint = (typeof executionPoints)[number];

/** The module that a typed script imports `defineScript` from, at each point. */
export const modulesOfPoints: Readonly<Record<ExecutionPoint, string>> = {
  post_authn_ctx: '@gatehouse/scripts/post-authn',
  allowed_idp_ids: '@gatehouse/scripts/allowed-idps',
  token_minting: '@gatehouse/scripts/token-minting',
  client_token_minting: '@gatehouse/scripts/client-token-minting',
};

/** Suspends the login for minutes or days: possible where a workflow waits, and nowhere else. */
export const durableCalls = ['redirect', 'approval', 'sleep'] as const;
export type DurableCall = (typeof durableCalls)[number];

export const durablePoints: readonly ExecutionPoint[] = ['post_authn_ctx'];

export const effectNames = ['claims', 'scopes', 'acr', 'amr', 'deny', 'metadata', ...durableCalls] as const;
export type EffectName = (typeof effectNames)[number];

/** API levels that this runtime runs. */
export const runtimeVersions = ['2026-11'] as const;

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** A host name, `*.` before it for every name below it; a port where it is not the scheme's own. */
const hostPattern =
  /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::\d{1,5})?$/;

export const netRuleSchema = z.strictObject({
  host: z.string().max(260).regex(hostPattern, 'is a host name in lower case, such as api.example.com').readonly(),
  methods: z.array(z.enum(methods)).min(1).max(methods.length).readonly().default(['GET']),
  /** Header → text with `${NAME}` in the place of secrets; added on the way out, never seen by the script. */
  secretHeader: z
    .record(z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'is the name of a header'), z.string().min(1).max(1024))
    .readonly()
    .optional(),
  /** Plain http, for a service beside the platform. */
  insecure: z.boolean().optional(),
});
/** Where a script may send requests to. */
export type NetRule = z.infer<typeof netRuleSchema>;

export const secretName = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

export const manifestSchema = z.strictObject({
  runtime: z.enum(runtimeVersions),
  secrets: z.array(z.string().regex(secretName, 'is the name of a secret')).max(50).readonly().default([]),
  net: z.array(netRuleSchema).max(50).readonly().default([]),
  effects: z.array(z.enum(effectNames)).max(effectNames.length).readonly().default([]),
  /** What becomes of the login when the script fails. */
  onError: z.enum(['deny', 'continue']).default('deny'),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** A classic script says nothing about itself: the workspace's allow-list and secrets are its own. */
export const classicManifest: Manifest = {
  runtime: '2026-11',
  secrets: [],
  net: [],
  effects: [],
  onError: 'deny',
};

/** What `compile` made of a source. Plain data: it is kept with the version, and run as often as asked. */
export interface Script {
  /** `classic` exports a function of `context`; `typed` exports what `defineScript` made of it. */
  readonly shape: 'classic' | 'typed';
  /** Where it was published for: only there may it suspend the login. */
  readonly point: ExecutionPoint;
  /** JavaScript in which every token stands where it stood in the source. */
  readonly code: string;
  /** Of the source, in hexadecimal. */
  readonly sha256: string;
  readonly manifest: Manifest;
}

/** Why a source is refused; lines and columns count from 1, and are left out where no place is to blame. */
export interface Problem {
  readonly code: 'too_long' | 'syntax' | 'unsupported_syntax' | 'shape' | 'manifest' | 'durable_not_allowed' | 'failed';
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

export interface CompileRequest {
  /** Whose turn it takes in the queue. */
  readonly tenant: string;
  /** JavaScript, or TypeScript whose types can be erased. */
  readonly source: string;
  readonly point: ExecutionPoint;
}

export type CompileResult =
  | { readonly kind: 'ok'; readonly script: Script }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }
  /** The platform's fault, or its limits: asked again later it may work. */
  | { readonly kind: 'host_crash' | 'busy'; readonly message: string };
