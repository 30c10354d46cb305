/** What the application asked for, as oidc-provider validated and kept it: read from its stored Interaction. */
import { decodeJwt } from 'jose';
import { z } from 'zod';
import { clientId, type ClientId } from '../kernel/ids.ts';

export interface AuthorizationRequest {
  readonly uid: string;
  /** Stays the same when a check after the resume makes a new uid. */
  readonly cid: string;
  readonly clientId: ClientId;
  /** The engine's address that turns a result into a session and a code. */
  readonly returnTo: string;
  readonly redirectUri: string | undefined;
  readonly scopes: readonly string[];
  readonly prompts: ReadonlySet<string>;
  /** Which of the engine's prompts wants an answer. */
  readonly asks: 'login' | 'consent';
  /** The person a session names, where the engine found one. */
  readonly sessionSubject: string | undefined;
  /** The person the application insists on: `id_token_hint`, or an essential `sub` claim (OIDC Core §5.5.1). */
  readonly wantedSubject: string | undefined;
  /** Essential acr values (OIDC Core §5.5.1.1); empty when none is essential. */
  readonly essentialAcrs: readonly string[];
  /** Claims asked for by name, for the id_token or userinfo (OIDC Core §5.5). */
  readonly requestedClaims: readonly string[];
  readonly idpHint: string | undefined;
  readonly loginHint: string | undefined;
  readonly uiLocales: string | undefined;
  /** All of them as they were validated, by name: of a pushed or signed request what it held, and nothing beside it. */
  readonly params: Readonly<Record<string, string>>;
  /** Whether anybody might have sent this in the application's name: a session alone is then not enough (RFC 8252 §8.6). */
  readonly mustConfirm: boolean;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

const claimRequest = z
  .object({ value: z.string().optional(), values: z.array(z.string()).optional(), essential: z.boolean().optional() })
  .nullable();

const stored = z.object({
  returnTo: z.string(),
  cid: z.string(),
  exp: z.number(),
  prompt: z.object({ name: z.enum(['login', 'consent']), reasons: z.array(z.string()) }),
  params: z.looseObject({
    client_id: z.string(),
    redirect_uri: z.string().optional(),
    scope: z.string().optional(),
    prompt: z.string().optional(),
    claims: z.string().optional(),
    id_token_hint: z.string().optional(),
    idp_hint: z.string().optional(),
    login_hint: z.string().optional(),
    ui_locales: z.string().optional(),
  }),
  session: z.object({ accountId: z.string().optional() }).optional(),
});

/**
 * Reads a stored Interaction.
 * @param payload as oidc-provider wrote it; its parameters were validated before, including PAR and JAR objects
 */
export function parseAuthorizationRequest(uid: string, payload: unknown): AuthorizationRequest {
  const { params, ...interaction } = stored.parse(payload);
  const claims = parseClaims(params.claims);
  const acr = claims?.acr;
  return {
    uid,
    cid: interaction.cid,
    clientId: clientId(params.client_id),
    returnTo: interaction.returnTo,
    redirectUri: params.redirect_uri,
    scopes: words(params.scope),
    prompts: new Set(words(params.prompt)),
    asks: interaction.prompt.name,
    sessionSubject: interaction.session?.accountId,
    wantedSubject: claims?.sub?.value ?? subjectOf(params.id_token_hint),
    essentialAcrs: acr?.essential === true ? (acr.values ?? (acr.value === undefined ? [] : [acr.value])) : [],
    requestedClaims: claims?.names ?? [],
    idpHint: params.idp_hint,
    loginHint: params.login_hint,
    uiLocales: params.ui_locales,
    params: Object.fromEntries(
      Object.entries(params).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    ),
    mustConfirm: interaction.prompt.reasons.includes('native_client_prompt'),
    expiresAt: interaction.exp,
  };
}

function words(text: string | undefined): readonly string[] {
  return [...new Set((text ?? '').split(' ').filter((word) => word !== ''))];
}

interface RequestedClaims {
  readonly sub: z.infer<typeof claimRequest> | undefined;
  readonly acr: z.infer<typeof claimRequest> | undefined;
  readonly names: readonly string[];
}

const claimsParameter = z.object({
  id_token: z.record(z.string(), claimRequest).nullish(),
  userinfo: z.record(z.string(), claimRequest).nullish(),
});

/** Every login has these, asked for or not: nobody has to grant them. */
export const alwaysGranted: ReadonlySet<string> = new Set(['sub', 'sid', 'auth_time', 'acr', 'amr', 'iss']);

function parseClaims(text: string | undefined): RequestedClaims | undefined {
  if (text === undefined) return undefined;
  const wanted = claimsParameter.safeParse(JSON.parse(text)).data;
  const names = [...Object.keys(wanted?.id_token ?? {}), ...Object.keys(wanted?.userinfo ?? {})];
  return {
    sub: wanted?.id_token?.['sub'],
    acr: wanted?.id_token?.['acr'],
    names: [...new Set(names)].filter((name) => !alwaysGranted.has(name)),
  };
}

/** The engine verified the hint's signature when the request came in; here only its subject matters. */
function subjectOf(idTokenHint: string | undefined): string | undefined {
  return idTokenHint === undefined ? undefined : decodeJwt(idTokenHint).sub;
}

/** Signed or encrypted by somebody, and nothing that an integrator needs: who has it could show it elsewhere. */
const withheld: ReadonlySet<string> = new Set(['id_token_hint', 'request', 'request_uri', 'client_assertion']);

/** What integrators' pages and scripts are told of a request: its parameters as they were validated. */
export function shownParams({ params }: Pick<AuthorizationRequest, 'params'>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !withheld.has(name)));
}
