/** What people may say of themselves: what the schema of their payload declares, and no address that is not verified. */
import { isDeepStrictEqual } from 'node:util';
import { PlatformError } from '../kernel/errors.ts';
import type { Schema } from '../schemas/schema.ts';
import { normalizeAddress, type VerifiableAddress } from './address.ts';

type Payload = Readonly<Record<string, unknown>>;

interface Fault {
  readonly pointer: string;
  readonly message: string;
}

/** Claims by which applications take people for the owner of an address (OIDC Core §5.1), and what vouches for them. */
const contacts = [
  { claim: 'email', flag: 'email_verified', type: 'email' },
  { claim: 'phone_number', flag: 'phone_number_verified', type: 'mobile' },
] as const;

/**
 * The payload as it is stored after a person changed it. Members that the schema does not declare, or hides, are what
 * others say of them (groups, roles, whatever claims are made of): they stay as they are. An address that applications
 * believe is one that the person verified.
 * @param schema of the payload. @param addresses of the person
 * @throws PlatformError `unprocessable_entity` with each member that is not theirs to change
 */
export function ownPayload(
  { schema }: Pick<Schema, 'schema'>,
  stored: Payload,
  given: Payload,
  addresses: readonly Pick<VerifiableAddress, 'normalized' | 'verifiedAt'>[],
): Payload {
  const isOwn = (name: string): boolean => isShownProperty(schema, name);
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(given))
    if (!isOwn(name) && !isDeepStrictEqual(value, stored[name]))
      faults.push({ pointer: pointerTo(name), message: 'is not yours to change: see payload_schema' });
  const kept = Object.fromEntries(Object.entries(stored).filter(([name]) => !isOwn(name)));
  const said = Object.fromEntries(Object.entries(given).filter(([name]) => isOwn(name)));
  const payload = { ...kept, ...said };
  faults.push(...contacts.flatMap((contact) => contactFaults(contact, stored, payload, addresses)));
  if (faults.length > 0)
    throw new PlatformError('unprocessable_entity', 'The payload has members that are not yours to change.', {
      details: faults.slice(0, 20),
    });
  return payload;
}

function contactFaults(
  { claim, flag, type }: (typeof contacts)[number],
  stored: Payload,
  payload: Payload,
  addresses: readonly Pick<VerifiableAddress, 'normalized' | 'verifiedAt'>[],
): readonly Fault[] {
  const value = payload[claim];
  const form = typeof value === 'string' && isPlain(value) ? normalizeAddress(type, value) : undefined;
  const isVerified = addresses.some(
    ({ normalized, verifiedAt }) => verifiedAt !== undefined && form !== undefined && normalized === form,
  );
  const isUnchanged = isDeepStrictEqual(value, stored[claim]);
  const isVouchedFor = isVerified || (isUnchanged && isDeepStrictEqual(payload[flag], stored[flag]));
  const says = payload[flag] !== undefined && payload[flag] !== false;
  return [
    ...(value === undefined || isUnchanged || isVerified
      ? []
      : [{ pointer: pointerTo(claim), message: 'must be an address of yours that you verified' }]),
    ...(says && !isVouchedFor ? [{ pointer: pointerTo(flag), message: 'is said of verified addresses alone' }] : []),
  ];
}

/**
 * Applications compare otherwise than we do: what only becomes an address by NFKC (`K` in another script, a wide `＠`) may be
 * somebody else's to them. Beyond ASCII it has to be in its normal form.
 */
function isPlain(value: string): boolean {
  return value === value.trim() && (/^[\x20-\x7e]*$/.test(value) || value === value.normalize('NFKC').toLowerCase());
}

/**
 * What a person is shown of what others keep of them: members that the schema declares and does not hide, in depth. What
 * it does not declare, nobody meant them to see.
 */
export function shownMembers({ schema }: Pick<Schema, 'schema'>, value: Payload): Payload {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      const property = isShownProperty(schema, name) ? propertyOf(schema, name) : undefined;
      if (property === undefined) return [];
      return [
        [name, isMembers(member) && hasProperties(property) ? shownMembers({ schema: property }, member) : member],
      ];
    }),
  );
}

/**
 * The payload of who registers: as who changes theirs, and of addresses the one alone that they are about to prove.
 * @param given as a whole; or `said` beside the address, whose claim is made of it
 * @param address that the code goes to, which its claim may say
 * @throws PlatformError `unprocessable_entity` as `ownPayload`
 */
export function firstPayload(
  { schema }: Pick<Schema, 'schema'>,
  { whole, said }: { readonly whole?: Payload | undefined; readonly said?: Payload | undefined },
  address: Pick<VerifiableAddress, 'type' | 'normalized'> | undefined,
): Payload {
  const proven = address === undefined ? [] : [{ normalized: address.normalized, verifiedAt: 0 }];
  if (whole !== undefined) return ownPayload({ schema }, {}, whole, proven);
  const claim = contacts.find(({ type }) => type === address?.type)?.claim;
  const own = claim !== undefined && isShownProperty(schema, claim) ? { [claim]: address?.normalized } : {};
  return ownPayload({ schema }, {}, { ...said, ...own }, proven);
}

function isShownProperty(schema: Payload, name: string): boolean {
  const property = propertyOf(schema, name);
  return property !== undefined && property['hidden'] !== true;
}

function propertyOf({ properties }: Payload, name: string): Payload | undefined {
  if (!isMembers(properties) || !Object.hasOwn(properties, name)) return undefined;
  const property = properties[name];
  return isMembers(property) ? property : undefined;
}

function hasProperties(schema: Payload): boolean {
  return isMembers(schema['properties']);
}

function isMembers(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** RFC 6901. */
function pointerTo(name: string): string {
  return `/payload/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
