/** What a post-authentication script is given of a login: `context` of a classic one, `event` of a typed one. */
import type { JsonObject, PostAuthnEvent } from '../../scripts-runtime/index.ts';
import type { LoginHistory } from '../audit/login-history.ts';
import type { ScriptVersion } from '../extensions/script.ts';
import { shownParams } from './authorization-request.ts';
import type { ProvenPerson } from './interaction.ts';
import type { LoginCase } from './login-case.ts';
import type { ProvenSoFar } from './proven-so-far.ts';

type Proven = Pick<ProvenSoFar, 'context' | 'from'>;

/** @param known of this person; their history is asked for where the script is told of it */
export async function scriptInput(
  { compiled }: Pick<ScriptVersion, 'compiled'>,
  login: LoginCase,
  person: ProvenPerson,
  known: Proven & { readonly history: () => Promise<LoginHistory> },
): Promise<JsonObject> {
  return compiled.shape === 'classic'
    ? classic(login, person, known)
    : typed(login, person, { ...known, stats: await known.history() });
}

/** Published: `authn_ctx`, `amr`, `acr`, `idp_sub`, `client`, `request`; the runtime adds `secrets`. */
function classic(login: LoginCase, person: ProvenPerson, proven: Proven): JsonObject {
  const { client, request } = login;
  return plain({
    authn_ctx: proven.context,
    amr: person.amr,
    acr: person.acr ?? '',
    idp_sub: person.idpSubject,
    client: { client_id: client.id, client_name: client.metadata.client_name, client_uri: client.metadata.client_uri },
    request: {
      headers: Object.fromEntries(
        Object.entries(headersOf(proven)).map(([name, value]) => [canonicalName(name), [value]]),
      ),
      query_params: shownParams(request),
    },
  });
}

function typed(login: LoginCase, person: ProvenPerson, proven: Proven & { readonly stats: LoginHistory }): JsonObject {
  const { client, request, interaction, workspace } = login;
  const { params } = request;
  return plain({
    login: { id: interaction.id, mode: 'live' },
    tenant: { id: interaction.tenantId },
    workspace: { id: workspace.id, name: workspace.name },
    client: { id: client.id, name: client.metadata.client_name, trusted: client.trusted },
    idp: { id: person.idpId },
    user: { id: person.userId ?? person.idpSubject, subject: person.subject, idpSubject: person.idpSubject },
    authn: { ctx: proven.context, amr: person.amr, acr: person.acr, authTime: person.authTime },
    request: {
      ip: proven.from?.ip ?? '',
      userAgent: headersOf(proven)['user-agent'] ?? '',
      query: shownParams(request),
      headers: headersOf(proven),
    },
    transaction: {
      scopes: request.scopes,
      acrValues: (params['acr_values'] ?? '').split(' ').filter((value) => value !== ''),
      authorizationDetails: [],
    },
    stats: proven.stats,
  } satisfies PostAuthnEvent);
}

const headersOf = ({ from }: Proven): Readonly<Record<string, string>> => from?.headers ?? {};

/** `User-Agent`, as published samples look for it. */
function canonicalName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** As JSON has it: members that are undefined are left out. */
function plain(value: object): JsonObject {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- what JSON was made of is JSON
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
