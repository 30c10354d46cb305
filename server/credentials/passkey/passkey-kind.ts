/** Signing in with a passkey: what its page asks, and whether the answer is right. */
import type { Clock } from '../../kernel/clock.ts';
import type { UserId } from '../../kernel/ids.ts';
import type { UnitOfWork } from '../../kernel/unit-of-work.ts';
import type { Outbox } from '../../kernel/events.ts';
import type { Answer, AskingPage, Claimant, CredentialKind, PoolPlace, Verified } from '../credential-kind.ts';
import { challengeFor, relyingPartyAt, requestOptions, verifyAssertion, type Signed } from './ceremony.ts';
import { nobody, type Allowed, type Disguise } from './disguise.ts';
import { answerIn, assertionBody, type AssertionResponse } from './passkey.body.ts';
import { passkeyKey, type Passkey, type PasskeyStore } from './passkey.ts';
import { decoyPublicKey } from './public-key.ts';

export interface PasskeyKindDeps {
  readonly passkeys: Pick<PasskeyStore, 'listOf' | 'find' | 'use'>;
  readonly unitOfWork: UnitOfWork<{ readonly outbox: Outbox }>;
  readonly disguise: Disguise;
  readonly clock: Clock;
}

type RequestOptions = Awaited<ReturnType<typeof requestOptions>>;

export interface PasskeyKind extends CredentialKind {
  /** What `navigator.credentials.get` is given: for a claimant without an identifier, whatever the browser has. */
  request(claimant: Claimant, page: AskingPage): Promise<{ readonly publicKey: RequestOptions }>;
}

/** The form's field: JSON of what the browser made. */
export const passkeyField = 'webauthn';

const wrong: Verified = { kind: 'wrong' };

export function createPasskeyKind({ passkeys, unitOfWork, disguise, clock }: PasskeyKindDeps): PasskeyKind {
  const decoy = decoyPublicKey();
  const read = (answer: Answer): AssertionResponse | undefined => answerIn(assertionBody, answer[passkeyField]);

  const findFor = async ({ tenantId, poolId }: PoolPlace, { id }: AssertionResponse): Promise<Passkey | undefined> => {
    const found = await passkeys.find(tenantId, poolId, passkeyKey(id));
    return found?.id === id ? found : undefined;
  };

  /** Says that there may be two of an authenticator: only after its signature was right, so that nobody can invent it. */
  const warn = ({ tenantId, poolId }: PoolPlace, { userId: user, id }: Passkey): Promise<void> =>
    unitOfWork.run(async ({ outbox }) => {
      await outbox.append({
        tenantId,
        subject: 'webauthn',
        action: 'rejected',
        metadata: { affected_user_pool_id: poolId, affected_user_id: user },
        payload: { webauthn_rejected: { user_id: user, credential_id: id, reason: 'counter' } },
      });
    });

  const use = async (
    place: PoolPlace,
    passkey: Passkey,
    { response: { userHandle: handle, authenticatorData, signature } }: AssertionResponse,
    signed: Signed,
  ) => {
    const userHandle = passkey.userHandle ?? handle ?? undefined;
    const use = { ...signed, userHandle, at: clock.now(), answer: passkeyKey(`${authenticatorData}.${signature}`) };
    const noted = await passkeys.use(place.tenantId, place.poolId, passkey.id, use);
    if (noted === 'behind') await warn(place, passkey);
    return noted === 'noted';
  };

  const request: PasskeyKind['request'] = async ({ pool, user, identifier }, { nonce, origin }) => {
    const place = { tenantId: pool.tenantId, poolId: pool.id };
    const known = await passkeys.listOf(place.tenantId, place.poolId, user?.id ?? nobody);
    const shown: readonly Allowed[] = known.length > 0 ? known : disguise.passkeysOfNobody(place, identifier);
    // A browser that is asked for none offers its person those it has for this tenant, and that names the person.
    const allowed = identifier === '' ? [] : shown;
    const party = relyingPartyAt(origin, '');
    return { publicKey: await requestOptions(party, challengeFor('get', nonce), allowed) };
  };

  return {
    mechanism: 'webauthn',
    alias: 'web_authn',
    amr: 'pop',
    isGoodOnce: true,
    wrong: { field: 'form', text: 'wrong_passkey' },
    request,

    faultOf: (answer) => (read(answer) === undefined ? { field: 'form', text: 'not_accepted' } : undefined),

    async identify(place, answer) {
      const response = read(answer);
      if (response === undefined) return undefined;
      const passkey = await findFor(place, response);
      return passkey !== undefined && isHandled(passkey, response) ? passkey.userId : undefined;
    },

    async ask(claimant, page) {
      const { publicKey } = await request(claimant, page);
      return { passkey: { options: JSON.stringify(publicKey), autofill: claimant.identifier === '' } };
    },

    async verify({ pool, user }, answer, { nonce, origin }) {
      const response = read(answer);
      if (response === undefined) return wrong;
      const place = { tenantId: pool.tenantId, poolId: pool.id };
      const found = await findFor(place, response);
      const own = found !== undefined && isTheirs(found, user?.id, response) ? found : undefined;
      const party = relyingPartyAt(origin, '');
      const signed = await verifyAssertion(party, challengeFor('get', nonce), response, own?.publicKey ?? decoy);
      if (own === undefined || signed === undefined) return wrong;
      return (await use(place, own, response, signed)) ? { kind: 'right', mark: passkeyKey(own.id) } : wrong;
    },
  };
}

/** Whether the answer names the person of its passkey (§7.2, step on the user handle). */
function isHandled({ userHandle }: Passkey, { response }: AssertionResponse): boolean {
  return userHandle !== undefined && response.userHandle === userHandle;
}

/** One that is asked for by its id need not say its person (§5.2.2); what it says has to be right. */
function isTheirs(passkey: Passkey, user: UserId | undefined, answer: AssertionResponse): boolean {
  const handle = answer.response.userHandle ?? undefined;
  const isSilent = handle === undefined || passkey.userHandle === undefined;
  return passkey.userId === user && (isSilent || isHandled(passkey, answer));
}
