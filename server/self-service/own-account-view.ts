/** A person's account as the first of their pages shows it. */
import { createHash } from 'node:crypto';
import { mostPasskeys, passkeyKey } from '../credentials/passkey/passkey.ts';
import type { SignInSession } from '../relying-party/sign-in-session.ts';
import type { OwnAccountPage } from '../themes/own-account-pages.ts';
import type { VerifiableAddress } from '../users/address.ts';
import type { UserDetails } from '../users/user-details.ts';
import type { OwnPlace } from './own-place.routes.ts';
import type { SelfProfile } from './self-profile.body.ts';

/** How pages name an address in their own: what it is does not belong into logs and histories. */
export const addressKey = ({ normalized }: Pick<VerifiableAddress, 'normalized'>): string =>
  createHash('sha256').update(normalized).digest('base64url');

/** What they would type to sign in, for the login and for password managers; empty for nothing. */
export function signInName({ identifiers }: Pick<UserDetails, 'identifiers'>): string {
  return (identifiers.find(({ type }) => type === 'email') ?? identifiers[0])?.value ?? '';
}

/** Of an account by its name, or by whatever else its person knows it by. */
export function personName({ user, identifiers }: Pick<UserDetails, 'user' | 'identifiers'>): string {
  const said = user.payload['name'];
  if (typeof said === 'string' && said.trim() !== '') return said;
  const name = signInName({ identifiers });
  return name === '' ? user.id : name;
}

/**
 * @param profile undefined for somebody whom another system knows. @param canSend whether codes can be sent
 */
export function overviewOf(
  { place, session }: { readonly place: Pick<OwnPlace, 'tenant' | 'base'>; readonly session: SignInSession },
  profile: SelfProfile | undefined,
  canSend: boolean,
): OwnAccountPage {
  const { tenant, base } = place;
  const frame = { tenant, signOutAction: `${base}/sign-out` };
  if (profile === undefined) {
    const nothing = { passkeys: undefined, password: undefined, identifiers: [], addresses: [] };
    return { ...frame, ...nothing, person: session.name, isKept: false };
  }
  const { details, pool } = profile;
  const { passkeys, password, identifiers, addresses } = details;
  const isAllowed = (mechanism: (typeof pool.authenticationMechanisms)[number]): boolean =>
    pool.authenticationMechanisms.includes(mechanism);
  return {
    ...frame,
    person: personName(details),
    isKept: true,
    passkeys: isAllowed('webauthn')
      ? {
          list: passkeys.map((one) => ({ ...shownPasskey(one), href: `${base}/passkeys/${passkeyKey(one.id)}` })),
          addHref: passkeys.length < mostPasskeys ? `${base}/passkeys/new` : undefined,
        }
      : undefined,
    password: isAllowed('password')
      ? { isSet: password?.hash !== undefined, changedAt: password?.updatedAt, href: `${base}/password` }
      : undefined,
    identifiers: identifiers.map(({ value }) => value),
    addresses: addresses.map((one) => ({
      value: one.value,
      isVerified: one.verifiedAt !== undefined,
      href: canSend && canBeConfirmed(one) ? `${base}/addresses/${addressKey(one)}` : undefined,
    })),
  };
}

export const shownPasskey = ({ name, createdAt, lastUsedAt }: UserDetails['passkeys'][number]) => ({
  name,
  createdAt,
  lastUsedAt,
});

export const canBeConfirmed = ({ verifiedAt, status }: Pick<VerifiableAddress, 'verifiedAt' | 'status'>): boolean =>
  verifiedAt === undefined && status === 'active';
