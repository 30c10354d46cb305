/** Pushed requests are spent by the interaction that answers them, and by that one as often as it must. */
import Provider, { errors } from 'oidc-provider';
import type { Adapter } from 'oidc-provider';
import { epochSeconds } from '../../kernel/clock.ts';
import type { ArtifactKey } from '../artifact.ts';
import type { AdapterDeps } from './adapter-deps.ts';

/** Longer than a request lives (RFC 9126 §2.2: at most a minute here) and longer than its interaction may be resumed again. */
const rememberedSeconds = 300;

/** The login whose request runs: it keeps its `cid` when the browser asks for the lost answer again. */
function currentLogin(): string {
  return Provider.ctx?.oidc.entities.Interaction?.cid ?? '';
}

/**
 * The engine spends a pushed request at its answer. A browser that lost that answer resumes its login once more and
 * would find the request spent by itself; so who spent it is written down, and only others find it used.
 */
export function createPushedRequestAdapter(deps: AdapterDeps, adapter: Adapter): Adapter {
  const { artifacts, clock, tenantId, workspaceId } = deps;
  const key: ArtifactKey = { tenantId, workspaceId, model: 'PushedAuthorizationRequestUse' };

  const spentByAnother = async (id: string): Promise<number | undefined> => {
    const use = await artifacts.find(key, id);
    if (use === undefined) return undefined;
    const login = currentLogin();
    if (login !== '' && use.payload['login'] === login) return undefined;
    return typeof use.payload['at'] === 'number' ? use.payload['at'] : epochSeconds(clock);
  };

  return {
    ...adapter,
    async find(id) {
      const found = await adapter.find(id);
      if (typeof found !== 'object') return undefined;
      const consumed = await spentByAnother(id);
      return consumed === undefined ? found : { ...found, consumed };
    },
    async consume(id) {
      const at = epochSeconds(clock);
      const use = { login: currentLogin(), at };
      if (await artifacts.insertOnce(key, id, use, at + rememberedSeconds)) return;
      if ((await spentByAnother(id)) !== undefined) {
        throw new errors.InvalidRequestUri('request_uri is invalid, expired, or was already used');
      }
    },
  };
}
