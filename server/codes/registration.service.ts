/** People who register themselves: new until they show that an address is theirs, and told apart from nobody by no answer. */
import { createHmac } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import { newId, schemaId, userId, type UserId } from '../kernel/ids.ts';
import type { PartedUnitOfWork } from '../kernel/unit-of-work.ts';
import type { Pool } from '../pools/pool.ts';
import type { SchemaCheck } from '../schemas/schema-check.ts';
import type { SchemaStore } from '../schemas/schema.ts';
import type { AddressStore, VerifiableAddress } from '../users/address.ts';
import type { IdentifierStore } from '../users/identifier.ts';
import { firstPayload } from '../users/own-payload.ts';
import { identifierForms, identifierTypeOf } from '../users/identifier.ts';
import {
  addressIn,
  identifierIn,
  tellOfPerson,
  type NewAddress,
  type PersonChangeStores,
} from '../users/person-change.ts';
import type { User, UserStore } from '../users/user.ts';
import { reachBy, type Registration } from './registration.ts';

export interface RegistrationStores extends PersonChangeStores {
  readonly users: Pick<UserStore, 'find' | 'insert' | 'describeNew'>;
  readonly identifiers: Pick<IdentifierStore, 'findUser' | 'insert' | 'listOf'>;
  readonly addresses: Pick<AddressStore, 'findUser' | 'insert' | 'listOf' | 'remove'>;
  readonly schemas: Pick<SchemaStore, 'find'>;
}

export interface Registering {
  readonly pool: Pool;
  readonly identifier: string;
  /** As they describe themselves. */
  readonly payload?: User['payload'];
  /** In place of it, on a page that asks for the address itself: what they say beside that. */
  readonly said?: User['payload'];
  /** Where the code goes; the identifier where it is left out and the identifier is an address. */
  readonly otpAddress: string | undefined;
}

export type Registered = {
  /** For the code that confirms it. */
  readonly registration: Registration;
} & (
  | { readonly kind: 'new'; readonly id: UserId; readonly address: VerifiableAddress | undefined }
  /**
   * Somebody is called by it, or has verified it. The id is what somebody new would be answered, nobody's as a rule: the
   * owner's own would tell of them by how it looks.
   */
  | { readonly kind: 'taken'; readonly id: UserId; readonly owner: UserId }
);

export interface RegistrationService {
  /**
   * The same identifier is answered the same id, whether or not it had one before.
   * @throws PlatformError `unprocessable_entity` for what nobody can be called, or be sent something at; for a payload
   *   that does not fit its schema, or says what is not theirs to say (`ownPayload`); where nobody may register
   */
  register(registering: Registering): Promise<Registered>;
}

const aroundAnAddress = {
  isVerified: false,
  status: 'active',
  preferredContactMethod: undefined,
  metadata: {},
} as const;

/** An id no user has: looked up for nobody. */
const nobody = userId('0'.repeat(32));

/** @param key 32 bytes for this purpose: ids of people who are not there yet derive from it */
export function createRegistrationService(deps: {
  readonly unitOfWork: PartedUnitOfWork<RegistrationStores>;
  readonly schemaCheck: SchemaCheck;
  readonly key: Uint8Array;
  readonly clock: Clock;
}): RegistrationService {
  const { unitOfWork, clock } = deps;

  /** Who registers twice before they activate is answered one id, as who is there already is. */
  const idOf = ({ tenantId, id }: Pool, normalized: string, round: number): UserId =>
    userId(
      createHmac('sha256', deps.key)
        .update(JSON.stringify([tenantId, id, normalized, round]))
        .digest('hex')
        .slice(0, 32),
    );

  /** What somebody new would be here, and who is that already. */
  const placeOf = async (
    { users }: RegistrationStores,
    pool: Pool,
    normalized: string,
    owner: UserId | undefined,
  ): Promise<{ readonly id: UserId; readonly known: User | undefined }> => {
    for (let round = 0; ; round += 1) {
      const id = idOf(pool, normalized, round);
      const known = await users.find(pool.tenantId, pool.id, id);
      // Somebody registered with it once and is called otherwise by now.
      if (known !== undefined && known.status !== 'new' && id !== owner) continue;
      return { id, known };
    }
  };

  return {
    register({ pool, identifier: text, payload: whole, said, otpAddress }) {
      if (!pool.settings.public_registration_allowed)
        throw new PlatformError('unprocessable_entity', 'Nobody may register in this pool.');
      const type = identifierTypeOf(text);
      const identifier = identifierIn({ type, value: text }, pool, '/identifier');
      const address = addressOf(type, text, otpAddress, clock.now());
      // Kept to be verified later, where the code goes elsewhere.
      const unproven = otpAddress === undefined ? undefined : addressOf(type, text, undefined, clock.now());
      const { tenantId, id: poolId } = pool;
      return unitOfWork.runInParts(async (stores, part): Promise<Registered> => {
        const schema = await stores.schemas.find(tenantId, schemaId(pool.settings.payload_schema_id));
        if (schema === undefined) throw new PlatformError('not_found', 'The schema of this pool is not there.');
        const payload = firstPayload(schema, { whole, said }, address);
        deps.schemaCheck.check(schema, payload, '/payload');
        const registration = { payload, addresses: [address, unproven].filter((one) => one !== undefined) };
        const forms = identifierForms(text, { caseInsensitive: pool.identifierCaseInsensitive });
        const called = await stores.identifiers.findUser(tenantId, poolId, ...forms);
        const reached = await stores.addresses.findUser(tenantId, poolId, address?.normalized ?? identifier.normalized);
        const owner = called ?? reached;
        const { id, known } = await placeOf(stores, pool, identifier.normalized, owner);
        // Also whoever was invited: only who registered themselves is described anew.
        const isTaken = owner !== undefined && !(id === owner && known?.status === 'new');
        const isNew = !isTaken && known === undefined;
        const now = clock.now();

        // Who is there already costs as much: as much is written for somebody who never was, and taken back.
        await part(async (inner) => {
          const times = { statusUpdatedAt: now, createdAt: now, updatedAt: now };
          const empty = { metadata: {}, businessMetadata: {}, schemas: {} };
          const made = isNew ? id : userId(newId());
          await inner.users.insert({ tenantId, poolId, id: made, status: 'new', payload, ...empty, ...times }, now);
          // An address is nobody's name before they show that it is theirs: else it could be kept from its owner.
          if (type === 'uid') {
            const name = isNew ? identifier : { ...identifier, normalized: newId() };
            await inner.identifiers.insert(tenantId, poolId, made, { ...name, createdAt: now });
          }
          for (const one of registration.addresses) await inner.addresses.insert(tenantId, poolId, made, one);
          await tellOfPerson(inner, { tenantId, poolId, id: made }, 'created', { status: 'new' });
          return isNew;
        });

        // Of who registered before and is not active yet; of everybody else nothing is changed.
        const again = isTaken || isNew ? nobody : id;
        // A name that is no address proves nothing: who took it first stays as they described themselves.
        const described = type === 'uid' ? (known?.payload ?? payload) : payload;
        const isTheirs = await stores.users.describeNew(tenantId, poolId, again, described, now);
        const held = await stores.addresses.listOf(tenantId, poolId, again);
        // Nor is anybody else sent the code.
        if (isTheirs && type !== 'uid') await reachBy(stores, { tenantId, poolId, id }, held, registration.addresses);
        const reachable = await stores.addresses.listOf(tenantId, poolId, isTaken ? nobody : id);
        if (isTaken) return { kind: 'taken', id, owner, registration };
        const sentTo = reachable.find(({ normalized }) => normalized === address?.normalized);
        return { kind: 'new', id, address: sentTo, registration };
      });
    },
  };
}

/** @throws PlatformError `unprocessable_entity` */
function addressOf(
  type: 'email' | 'mobile' | 'uid',
  identifier: string,
  otpAddress: string | undefined,
  now: number,
): VerifiableAddress | undefined {
  if (otpAddress === undefined) {
    if (type === 'uid') return undefined;
    return addressIn({ ...aroundAnAddress, type, value: identifier }, now, '/identifier');
  }
  const kind: NewAddress['type'] = otpAddress.includes('@') ? 'email' : 'mobile';
  if (kind === type) throw unprocessable('/otp_address', 'must not be of the same type as the identifier');
  return addressIn({ ...aroundAnAddress, type: kind, value: otpAddress }, now, '/otp_address');
}
