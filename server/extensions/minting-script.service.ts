/** Scripts that say what tokens say: the workspace's, and then the client's, which sees what the first one added. */
import type { JsonObject, JsonValue, TokenMintingEvent } from '../../scripts-runtime/index.ts';
import { mintedBy, type Minted, type TokenClaims, type TokensAsked } from '../oauth2/token-minting.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import { clientId } from '../kernel/ids.ts';
import type { PointScripts } from './point-script.service.ts';
import type { PointReader } from './point-verdict.ts';
import type { Shown } from './run-end.ts';

const points = ['token_minting', 'client_token_minting'] as const;

/** Where one of them denies or fails, there are no tokens. */
export function createMintingScripts(deps: { readonly points: Pick<PointScripts, 'decide' | 'foresee'> }) {
  return async (workspace: Workspace, asked: TokensAsked): Promise<Minted> => {
    const places = points.map((type) => ({ type, target: type === 'token_minting' ? workspace.id : asked.clientId }));
    await deps.points.foresee(workspace, places);
    let minted: Added = { kind: 'minted', accessToken: {}, idToken: {} };
    for (const { type: point, target } of places) {
      const before = minted;
      const answer = await deps.points.decide({
        workspace,
        point,
        target,
        // Its tokens have one version of a script, as one person at one application does.
        key: `${asked.clientId} ${asked.subject ?? ''}`,
        input: (shape) => inputOf(workspace, asked, before, shape),
        reader: mintingReader,
        clientId: clientId(asked.clientId),
        ...(asked.subject === undefined ? {} : { subject: asked.subject }),
      });
      if (answer.kind === 'none') continue;
      if (answer.kind !== 'ok') return { kind: answer.kind };
      const added = answer.value;
      minted = {
        kind: 'minted',
        accessToken: { ...before.accessToken, ...added.accessToken },
        idToken: { ...before.idToken, ...added.idToken },
      };
    }
    return minted;
  };
}

type Added = Extract<Minted, { kind: 'minted' }>;

export const mintingReader: PointReader<Added> = {
  read: (returned) =>
    mintedBy(outputOf(returned)) ??
    'what the script returned cannot be used: it has to be { access_token, id_token }, objects of 8 KB at most',
  namesOf: ({ accessToken, idToken }) =>
    plain({ ...named('access_token', accessToken), ...named('id_token', idToken) }),
};

const named = (token: string, claims: TokenClaims): object =>
  Object.fromEntries(Object.entries(claims).map(([name, value]) => [`${token}.${name}`, value]));

/** A typed script sets claims, which both tokens say; or returns what a classic one does. */
function outputOf({ output, effects }: Pick<Shown, 'output' | 'effects'>): JsonValue {
  if (output !== null) return output;
  const claims = Object.fromEntries(effects.flatMap((one) => (one.effect === 'claims' ? [[one.name, one.value]] : [])));
  return { access_token: claims, id_token: claims };
}

function inputOf(workspace: Workspace, asked: TokensAsked, minted: Added, shape: string): JsonObject {
  const tokens = {
    access_token: { ...asked.accessToken, ...minted.accessToken },
    id_token: { ...asked.idToken, ...minted.idToken },
  };
  const { clientId, grantType, scopes, subject } = asked;
  const input =
    shape === 'classic'
      ? { ...tokens, client: { client_id: clientId }, request: { grant_type: grantType, scopes } }
      : ({
          ...tokens,
          tenant: { id: workspace.tenantId },
          workspace: { id: workspace.id, name: workspace.name },
          client: { id: clientId },
          user: { subject },
          transaction: { grantType, scopes },
        } satisfies TokenMintingEvent);
  return plain(input);
}

function plain(value: object): JsonObject {
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- what JSON was made of is JSON
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
