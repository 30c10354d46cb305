/** What a person is called by and where they are reached: added, changed and removed by who looks after them. */
import type { Clock } from '../kernel/clock.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import { normalizeAddress, type AddressStore, type VerifiableAddress } from './address.ts';
import { identifierForms, type Identifier, type IdentifierStore } from './identifier.ts';
import {
  addressIn,
  identifierIn,
  personAt,
  tellOfPerson,
  type NewAddress,
  type PersonAt,
  type PersonChangeStores,
} from './person-change.ts';
import type { User, UserStore } from './user.ts';

export interface UserContactStores extends PersonChangeStores {
  readonly users: Pick<UserStore, 'find' | 'keep'>;
  readonly identifiers: Pick<IdentifierStore, 'insert' | 'remove' | 'listOf'>;
  readonly addresses: Pick<AddressStore, 'insert' | 'update' | 'remove' | 'listOf'>;
}

export interface AddressChange {
  /** As it is known; in any spelling. */
  readonly value: string;
  readonly isVerified: boolean;
  readonly status: VerifiableAddress['status'];
  /** Left out, they stay as they are. */
  readonly preferredContactMethod?: VerifiableAddress['preferredContactMethod'];
  readonly metadata?: VerifiableAddress['metadata'] | undefined;
}

/** What was written, and whose it is. */
export interface ChangedIdentifier {
  readonly user: User;
  readonly identifier: Identifier;
}
export interface ChangedAddress {
  readonly user: User;
  readonly address: VerifiableAddress;
}

/** Each @throws PlatformError `not_found`, `forbidden` as `personAt` does */
export interface UserContactService {
  /** @throws PlatformError `conflict` when somebody in the pool has it, `unprocessable_entity` */
  addIdentifier(at: PersonAt, identifier: Pick<Identifier, 'type' | 'value' | 'metadata'>): Promise<ChangedIdentifier>;
  removeIdentifier(at: PersonAt, value: string): Promise<void>;
  /** @throws PlatformError `conflict` when they have it, or somebody else has it verified; `unprocessable_entity` */
  addAddress(at: PersonAt, address: NewAddress): Promise<ChangedAddress>;
  /** @throws PlatformError `conflict` when it is to be verified and somebody else has it verified */
  updateAddress(at: PersonAt, change: AddressChange): Promise<ChangedAddress>;
  removeAddress(at: PersonAt, value: string): Promise<void>;
}

/** How many of each a person may have: they are read with the person. */
const most = 50;

export function createUserContactService(deps: {
  readonly unitOfWork: UnitOfWork<UserContactStores>;
  readonly clock: Clock;
}): UserContactService {
  const { unitOfWork, clock } = deps;

  const changed = async (stores: UserContactStores, at: PersonAt): Promise<void> => {
    await stores.users.keep(at.tenantId, at.poolId, at.id);
    await tellOfPerson(stores, at, 'updated');
  };
  const full = (what: string) =>
    new PlatformError('unprocessable_entity', `A person has at most ${String(most)} ${what}.`);
  const known = (addresses: readonly VerifiableAddress[], value: string): VerifiableAddress => {
    const forms = [normalizeAddress('email', value), normalizeAddress('mobile', value)];
    const found = addresses.find(({ normalized }) => forms.includes(normalized));
    if (found === undefined) throw new PlatformError('not_found', 'The user has no such address.');
    return found;
  };

  return {
    addIdentifier: (at, given) =>
      unitOfWork.run(async (stores) => {
        const { user, pool, identifiers } = await personAt(stores, at);
        if (identifiers.length >= most) throw full('identifiers');
        const identifier = { ...identifierIn(given, pool, '/identifier'), createdAt: clock.now() };
        await stores.identifiers.insert(at.tenantId, at.poolId, at.id, identifier);
        await changed(stores, at);
        return { user, identifier };
      }),

    removeIdentifier: (at, value) =>
      unitOfWork.run(async (stores) => {
        const { pool, identifiers } = await personAt(stores, at);
        const forms = identifierForms(value, { caseInsensitive: pool.identifierCaseInsensitive });
        const form = forms.find((one) => identifiers.some(({ normalized }) => normalized === one));
        if (form === undefined) throw new PlatformError('not_found', 'The user has no such identifier.');
        await stores.identifiers.remove(at.tenantId, at.poolId, at.id, form);
        await changed(stores, at);
      }),

    addAddress: (at, given) =>
      unitOfWork.run(async (stores) => {
        const { user, addresses } = await personAt(stores, at);
        if (addresses.length >= most) throw full('addresses');
        const address = addressIn(given, clock.now(), '/address');
        await stores.addresses.insert(at.tenantId, at.poolId, at.id, address);
        await changed(stores, at);
        return { user, address };
      }),

    updateAddress: (at, { value, isVerified, status, preferredContactMethod, metadata }) =>
      unitOfWork.run(async (stores) => {
        const { user, addresses } = await personAt(stores, at);
        const stored = known(addresses, value);
        const now = clock.now();
        const address: VerifiableAddress = {
          ...stored,
          status,
          verifiedAt: isVerified ? (stored.verifiedAt ?? now) : undefined,
          preferredContactMethod: preferredContactMethod ?? stored.preferredContactMethod,
          metadata: metadata ?? stored.metadata,
          updatedAt: now,
        };
        await stores.addresses.update(at.tenantId, at.poolId, at.id, address);
        await changed(stores, at);
        return { user, address };
      }),

    removeAddress: (at, value) =>
      unitOfWork.run(async (stores) => {
        const { normalized } = known((await personAt(stores, at)).addresses, value);
        await stores.addresses.remove(at.tenantId, at.poolId, at.id, normalized);
        await changed(stores, at);
      }),
  };
}
