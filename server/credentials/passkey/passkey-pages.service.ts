/** Passkeys on pages that people see before anybody knows them: signing in, and registering as somebody new. */
import type { TenantId, UserId } from '../../kernel/ids.ts';
import type { Pool, PoolStore } from '../../pools/pool.ts';
import type { TenantStore } from '../../tenants/tenant.ts';
import { identifierForms, typedForm, type IdentifierStore } from '../../users/identifier.ts';
import type { UserStore } from '../../users/user.ts';
import type { AskingPage, PoolPlace } from '../credential-kind.ts';
import { challengeFor, creationOptions, relyingPartyAt, verifyCreation } from './ceremony.ts';
import { nobody, type Disguise } from './disguise.ts';
import type { CreationResponse } from './passkey.body.ts';
import type { PasskeyKind } from './passkey-kind.ts';
import type { CreationOptions } from './passkey.service.ts';
import type { GivenPasskey } from './passkey.ts';

/** Somebody who is not there yet: they are made with this id and this passkey, or not at all. */
export interface Newcomer {
  readonly id: UserId;
  readonly passkey: GivenPasskey;
}

export interface PasskeyPages {
  /**
   * What `navigator.credentials.get` is given, of the same shape for everybody and for nobody.
   * @param identifier as it was typed; undefined where the browser shall offer what it has
   * @returns undefined where there is no such pool, or it has no passkeys
   */
  beginLogin(
    place: PoolPlace,
    identifier: string | undefined,
    nonce: string,
  ): Promise<Awaited<ReturnType<PasskeyKind['request']>> | undefined>;
  /** What `navigator.credentials.create` is given; it tells nothing of whether the identifier is somebody's already. */
  beginRegistration(
    place: PoolPlace,
    identifier: string,
    nonce: string,
  ): Promise<{ readonly publicKey: CreationOptions } | undefined>;
  /** @returns undefined for an answer that is not right */
  finishRegistration(place: PoolPlace, nonce: string, response: CreationResponse): Promise<Newcomer | undefined>;
}

export interface PasskeyPagesDeps {
  readonly kind: Pick<PasskeyKind, 'request'>;
  readonly pools: Pick<PoolStore, 'find'>;
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly identifiers: Pick<IdentifierStore, 'findUser'>;
  readonly users: Pick<UserStore, 'find'>;
  readonly originOf: (tenant: TenantId) => string;
  readonly disguise: Disguise;
}

export function createPasskeyPages(deps: PasskeyPagesDeps): PasskeyPages {
  const { kind, pools, tenants, identifiers, users, originOf, disguise } = deps;

  const poolAt = async ({ tenantId, poolId }: PoolPlace): Promise<Pool | undefined> => {
    const pool = await pools.find(tenantId, poolId);
    return pool?.authenticationMechanisms.includes('webauthn') === true ? pool : undefined;
  };

  return {
    async beginLogin(place, identifier, nonce) {
      const { tenantId, poolId } = place;
      const pool = await poolAt(place);
      if (pool === undefined) return undefined;
      const rule = { caseInsensitive: pool.identifierCaseInsensitive };
      const found = await identifiers.findUser(tenantId, poolId, ...identifierForms(identifier ?? '', rule));
      const user = await users.find(tenantId, poolId, found ?? nobody);
      const page: AskingPage = { nonce, origin: originOf(tenantId), locale: '', applicationName: '' };
      return kind.request({ pool, user, identifier: typedForm(identifier ?? '', rule) }, page);
    },

    async beginRegistration(place, identifier, nonce) {
      const { tenantId } = place;
      if ((await poolAt(place)) === undefined) return undefined;
      const party = relyingPartyAt(originOf(tenantId), (await tenants.find(tenantId))?.name ?? tenantId);
      const name = identifier.normalize('NFKC').trim().slice(0, 320);
      const user = { handle: disguise.handleOf(place, disguise.newcomerOf(place, nonce)), name, displayName: name };
      const challenge = challengeFor('create', nonce);
      return { publicKey: await creationOptions({ party, challenge, user, known: [] }) };
    },

    async finishRegistration(place, nonce, response) {
      if ((await poolAt(place)) === undefined) return undefined;
      const party = relyingPartyAt(originOf(place.tenantId), place.tenantId);
      const made = await verifyCreation(party, challengeFor('create', nonce), response);
      if (made === undefined) return undefined;
      const id = disguise.newcomerOf(place, nonce);
      return { id, passkey: { ...made, userHandle: disguise.handleOf(place, id) } };
    },
  };
}
