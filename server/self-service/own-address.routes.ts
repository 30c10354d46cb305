/** `/{tid}/{aid}/account/addresses/…`: confirming an address of one's account, by a code that is typed where codes are. */
import type { CodeSender } from '../codes/code-asking.ts';
import { leave } from '../relying-party/sign-in.ts';
import type { OwnFault } from '../themes/own-account-pages.ts';
import type { WorkspaceStore } from '../workspaces/workspace.ts';
import type { AccountQueries } from './account-query.ts';
import { pathOf } from './account.ts';
import { addressKey, canBeConfirmed } from './own-account-view.ts';
import type { OwnPlaces } from './own-place.routes.ts';
import type { OwnChange, OwnPage } from './own-visit.routes.ts';

export interface OwnAddressDeps {
  readonly sender: Pick<CodeSender, 'send'>;
  readonly queries: Pick<AccountQueries, 'remember'>;
  readonly workspaces: Pick<WorkspaceStore, 'find'>;
  readonly addressOf: (req: OwnChange['req']) => string;
  readonly draw: OwnPlaces['draw'];
}

interface Said {
  readonly fault: OwnFault;
  readonly retryAfterSeconds?: number;
}

/** The one that the address of the page names, as long as it can be confirmed. */
function addressAt({ req, profile }: OwnChange) {
  return profile.details.addresses.find((one) => canBeConfirmed(one) && addressKey(one) === req.params['key']);
}

export function ownAddressPage({ sender, queries, workspaces, addressOf, draw }: OwnAddressDeps): OwnPage {
  const show = (change: OwnChange, said?: Said): Promise<void> => {
    const { req, res, place, nonce } = change;
    const address = addressAt(change);
    if (address === undefined) {
      leave(res, place.base);
      return Promise.resolve();
    }
    if (said?.retryAfterSeconds !== undefined) res.set('Retry-After', String(said.retryAfterSeconds));
    draw(change, said === undefined ? 200 : said.fault === 'too_many_attempts' ? 429 : 422, 'own-address', {
      tenant: place.tenant,
      action: req.path,
      nonce,
      backHref: place.base,
      address: address.value,
      ...said,
    });
    return Promise.resolve();
  };

  return {
    form: (req) => `address ${String(req.params['key'])}`,
    show,
    async take(change) {
      const { req, res, place, profile, locale } = change;
      const { pool, details } = profile;
      const address = addressAt(change);
      if (address === undefined) {
        leave(res, place.base);
        return;
      }
      const { user } = details;
      const sent = await sender.send({
        pool,
        type: 'verify_address',
        user,
        typed: user.id,
        to: [address],
        name: (await workspaces.find(place.tenantId, place.workspaceId))?.name ?? place.tenant.name,
        locale,
        from: { kind: 'address', address: addressOf(req) },
      });
      if (sent.kind === 'throttled') {
        await show(change, { fault: 'too_many_attempts', retryAfterSeconds: sent.retryAfterSeconds });
        return;
      }
      const owner = { identifier: address.value, userId: user.id };
      const query = new URLSearchParams({
        server_id: place.workspaceId,
        for: queries.remember({ tenantId: pool.tenantId, poolId: pool.id }, owner),
      });
      leave(res, `/${pool.tenantId}/identity/${encodeURIComponent(pool.id)}/${pathOf.verify}?${query.toString()}`);
    },
  };
}
