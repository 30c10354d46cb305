/** Adding passkeys to people, naming and removing them: told of in the same transaction, and never the last way in. */
import { randomBytes } from 'node:crypto';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import type { Clock } from '../../kernel/clock.ts';
import { PlatformError } from '../../kernel/errors.ts';
import type { TenantId } from '../../kernel/ids.ts';
import type { UnitOfWork } from '../../kernel/unit-of-work.ts';
import type { TenantStore } from '../../tenants/tenant.ts';
import { personAt, type PersonAt, type PersonChangeStores } from '../../users/person-change.ts';
import type { UserDetails } from '../../users/user-details.ts';
import type { UserStore } from '../../users/user.ts';
import type { KeptCredentials } from '../credential-kind.ts';
import {
  ceremonyMs,
  challengeFor,
  challengeIn,
  creationOptions,
  relyingPartyAt,
  verifyCreation,
  type RelyingParty,
} from './ceremony.ts';
import type { Disguise } from './disguise.ts';
import type { CreationResponse } from './passkey.body.ts';
import { tellOfPasskey } from './passkey-event.ts';
import { passkeyNameFor } from './passkey-name.ts';
import {
  canSpare,
  mostPasskeys,
  type GivenPasskey,
  type Passkey,
  type PasskeyChallengeStore,
  type PasskeyStore,
} from './passkey.ts';

export interface PasskeyStores extends PersonChangeStores {
  readonly users: Pick<UserStore, 'find' | 'findHeld'>;
  readonly passkeys: Pick<PasskeyStore, 'listOf' | 'listHeld' | 'insert' | 'rename' | 'remove'>;
  readonly passkeyChallenges: PasskeyChallengeStore;
  readonly credentials: Pick<KeptCredentials, 'waysIn'>;
  readonly tenants: Pick<TenantStore, 'find'>;
}

export type CreationOptions = PublicKeyCredentialCreationOptionsJSON;

export interface PasskeyNaming {
  readonly name?: string;
  /** As `browserNameIn` calls it. */
  readonly browser: string;
}

/** Each @throws PlatformError `not_found`, `forbidden` as `personAt` does */
export interface PasskeyService {
  /**
   * Options for `navigator.credentials.create` with a challenge that `complete` spends.
   * @throws PlatformError `unprocessable_entity` where the pool has no passkeys, or the person has as many as they may
   */
  begin(at: PersonAt): Promise<CreationOptions>;
  /**
   * @throws PlatformError `unprocessable_entity` for an answer that is not right, or was given before; `conflict` when
   *   somebody in the pool has the passkey
   */
  complete(at: PersonAt, response: CreationResponse): Promise<Passkey>;
  /** The same for a page: the challenge is bound to its nonce, and kept nowhere. */
  beginOnPage(at: PersonAt, nonce: string): Promise<CreationOptions>;
  /**
   * Answers the same as before where the page is sent twice. @throws as `complete`
   * @param named as the person calls it, in at most 128 characters; where that is left out, after what made it
   */
  completeOnPage(at: PersonAt, nonce: string, response: CreationResponse, named: PasskeyNaming): Promise<Passkey>;
  /**
   * Takes one that somebody else verified: a program with a page of its own, or another system.
   * @throws PlatformError `unprocessable_entity` as `begin`, `conflict` when somebody in the pool has it
   */
  add(at: PersonAt, given: GivenPasskey): Promise<Passkey>;
  /**
   * The same, in a transaction of the caller. @throws as `add`
   * @param browser that made it: it is called after that where it has no name
   */
  addIn(stores: PasskeyStores, at: PersonAt, given: GivenPasskey, browser?: string): Promise<Passkey>;
  /** @throws PlatformError `not_found` */
  rename(at: PersonAt, id: string, name: string): Promise<void>;
  /** @throws PlatformError `not_found`, `forbidden` for the last way in which the person can sign in */
  remove(at: PersonAt, id: string): Promise<void>;
}

export interface PasskeyServiceDeps {
  readonly unitOfWork: UnitOfWork<PasskeyStores>;
  readonly originOf: (tenant: TenantId) => string;
  readonly disguise: Pick<Disguise, 'handleOf'>;
  readonly clock: Clock;
}

type Person = Awaited<ReturnType<typeof personAt>>;

const notRight = () =>
  new PlatformError(
    'unprocessable_entity',
    'The passkey could not be verified: begin again and answer within minutes.',
  );
const noSuchPasskey = () => new PlatformError('not_found', 'The user has no such passkey.');

export function createPasskeyService({ unitOfWork, originOf, disguise, clock }: PasskeyServiceDeps): PasskeyService {
  const partyOf = async ({ tenants }: Pick<PasskeyStores, 'tenants'>, tenant: TenantId): Promise<RelyingParty> =>
    relyingPartyAt(originOf(tenant), (await tenants.find(tenant))?.name ?? tenant);
  /** The one that their authenticators know them by already, so that they do not keep them as two people. */
  const handleOf = ({ user, passkeys }: UserDetails): string =>
    passkeys.find(({ userHandle }) => userHandle !== undefined)?.userHandle ?? disguise.handleOf(user, user.id);

  /** A reset takes all passkeys and what began before it: it comes wholly before one is added, or wholly after. */
  const personHeldAt = async (stores: PasskeyStores, at: PersonAt): Promise<Person> => {
    await stores.users.findHeld(at.tenantId, at.poolId, at.id);
    return personAt(stores, at);
  };

  const checkRoom = ({ passkeys, pool }: Person): void => {
    if (!pool.authenticationMechanisms.includes('webauthn'))
      throw new PlatformError('unprocessable_entity', 'People of this pool do not sign in with passkeys.');
    if (passkeys.length >= mostPasskeys)
      throw new PlatformError('unprocessable_entity', `A person has at most ${String(mostPasskeys)} passkeys.`);
  };

  const optionsFor = async (stores: PasskeyStores, person: Person, challenge: string): Promise<CreationOptions> => {
    const { user, identifiers, passkeys } = person;
    const { value: name } = identifiers.find(({ type }) => type === 'email') ?? identifiers[0] ?? { value: user.id };
    const said = user.payload['name'];
    const displayName = typeof said === 'string' && said !== '' ? said.slice(0, 200) : name;
    const party = await partyOf(stores, user.tenantId);
    return creationOptions({
      party,
      challenge,
      user: { handle: handleOf(person), name, displayName },
      known: passkeys,
    });
  };

  const insert = async (stores: PasskeyStores, at: PersonAt, given: GivenPasskey): Promise<Passkey> => {
    const { tenantId, poolId, id } = at;
    const passkey: Passkey = { ...given, userId: id, createdAt: clock.now(), lastUsedAt: undefined };
    await stores.passkeys.insert(tenantId, poolId, passkey);
    await tellOfPasskey(stores, at, 'add_completed', passkey.id);
    return passkey;
  };

  const named = (given: GivenPasskey, { passkeys }: Person, browser: string | undefined): GivenPasskey => {
    if (given.name !== '' || browser === undefined) return given;
    const taken = passkeys.map(({ name }) => name);
    return { ...given, name: passkeyNameFor(given, browser, taken) };
  };

  const addIn: PasskeyService['addIn'] = async (stores, at, given, browser) => {
    const person = await personHeldAt(stores, at);
    checkRoom(person);
    return insert(stores, at, named(given, person, browser));
  };

  const verified = async (at: PersonAt, challenge: string | undefined, response: CreationResponse) => {
    const party = relyingPartyAt(originOf(at.tenantId), at.tenantId);
    const made = challenge === undefined ? undefined : await verifyCreation(party, challenge, response);
    if (made === undefined) throw notRight();
    return made;
  };

  return {
    begin: async (at) => {
      const challenge = randomBytes(32).toString('base64url');
      return unitOfWork.run(async (stores) => {
        const person = await personAt(stores, at);
        checkRoom(person);
        const { tenantId, poolId, id } = at;
        await stores.passkeyChallenges.insert(tenantId, poolId, id, challenge, clock.now() + 2 * ceremonyMs);
        return optionsFor(stores, person, challenge);
      });
    },

    async complete(at, response) {
      // Whether it was ever asked is seen when it is spent, with the passkey that comes of it.
      const challenge = challengeIn(response) ?? '';
      const made = await verified(at, challenge, response);
      return unitOfWork.run(async (stores) => {
        const person = await personHeldAt(stores, at);
        const { tenantId, poolId, id } = at;
        const isOpen = await stores.passkeyChallenges.take(tenantId, poolId, id, challenge, clock.now());
        if (!isOpen) throw notRight();
        checkRoom(person);
        return insert(stores, at, { ...made, userHandle: handleOf(person) });
      });
    },

    beginOnPage: (at, nonce) =>
      unitOfWork.run(async (stores) => {
        const person = await personAt(stores, at);
        checkRoom(person);
        return optionsFor(stores, person, challengeFor('create', nonce));
      }),

    async completeOnPage(at, nonce, response, { name = '', browser }) {
      const made = await verified(at, challengeFor('create', nonce), response);
      return unitOfWork.run(async (stores) => {
        const person = await personHeldAt(stores, at);
        const sent = person.passkeys.find(({ id }) => id === made.id);
        if (sent !== undefined && sent.publicKey === made.publicKey) return sent;
        checkRoom(person);
        return insert(stores, at, named({ ...made, name, userHandle: handleOf(person) }, person, browser));
      });
    },

    add: (at, given) => unitOfWork.run((stores) => addIn(stores, at, given)),
    addIn,

    rename: (at, id, name) =>
      unitOfWork.run(async (stores) => {
        await personAt(stores, at);
        if (!(await stores.passkeys.rename(at.tenantId, at.poolId, at.id, id, name))) throw noSuchPasskey();
        await tellOfPasskey(stores, at, 'updated', id);
      }),

    remove: (at, id) =>
      unitOfWork.run(async (stores) => {
        const { pool, identifiers } = await personAt(stores, at);
        const held = await stores.passkeys.listHeld(at.tenantId, at.poolId, at.id);
        const left = held.filter((one) => one.id !== id);
        if (left.length === held.length) throw noSuchPasskey();
        const ways = await stores.credentials.waysIn(at, identifiers.length > 0);
        if (!canSpare(ways, left.length, pool.authenticationMechanisms))
          throw new PlatformError(
            'forbidden',
            'This is the last way in which the user can sign in: add another first.',
          );
        await stores.passkeys.remove(at.tenantId, at.poolId, at.id, id);
        await tellOfPasskey(stores, at, 'deleted', id);
      }),
  };
}
