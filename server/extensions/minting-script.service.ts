/** Scripts that say what tokens say: the workspace's, and then the client's, which sees what the first one added. */
import type { Effect, JsonObject, JsonValue, TokenMintingEvent } from '../../scripts-runtime/index.ts';
import { mintedBy, type Minted, type TokensAsked } from '../oauth2/token-minting.ts';
import type { Workspace } from '../workspaces/workspace.ts';
import type { PointScripts } from './point-script.service.ts';

const points = ['token_minting', 'client_token_minting'] as const;

/** Where one of them denies or fails, there are no tokens. */
export function createMintingScripts(deps: { readonly points: Pick<PointScripts, 'decide'> }) {
  return async (workspace: Workspace, asked: TokensAsked): Promise<Minted> => {
    let minted: Extract<Minted, { kind: 'minted' }> = { kind: 'minted', accessToken: {}, idToken: {} };
    for (const point of points) {
      const before = minted;
      const answer = await deps.points.decide({
        workspace,
        point,
        target: point === 'token_minting' ? workspace.id : asked.clientId,
        // Its tokens have one version of a script, as one person at one application does.
        key: `${asked.clientId} ${asked.subject ?? ''}`,
        input: (shape) => inputOf(workspace, asked, before, shape),
        metadata: { client_id: asked.clientId, ...(asked.subject === undefined ? {} : { subject: asked.subject }) },
      });
      if (answer.kind === 'none') continue;
      if (answer.kind !== 'ok') return { kind: answer.kind };
      const added = mintedBy(outputOf(answer));
      if (added === undefined) return { kind: 'failed' };
      minted = {
        kind: 'minted',
        accessToken: { ...before.accessToken, ...added.accessToken },
        idToken: { ...before.idToken, ...added.idToken },
      };
    }
    return minted;
  };
}

/** A typed script sets claims, which both tokens say; or returns what a classic one does. */
function outputOf({ output, effects }: { readonly output: JsonValue; readonly effects: readonly Effect[] }): JsonValue {
  if (output !== null) return output;
  const claims = Object.fromEntries(effects.flatMap((one) => (one.effect === 'claims' ? [[one.name, one.value]] : [])));
  return { access_token: claims, id_token: claims };
}

function inputOf(
  workspace: Workspace,
  asked: TokensAsked,
  minted: Extract<Minted, { kind: 'minted' }>,
  shape: string,
): JsonObject {
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
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- what JSON was made of is JSON
  return JSON.parse(JSON.stringify(input)) as JsonObject;
}
