/** A one-time code as a credential of a login: sent to an address that is verified, typed into the page that asked. */
import { createHash } from 'node:crypto';
import type { CodeCheck, CodeSender } from '../../codes/code-asking.ts';
import { destinationsOf, digestOf } from '../../codes/code-person.ts';
import type { CodeAddress, CodeStore } from '../../codes/code.ts';
import type { AddressStore } from '../../users/address.ts';
import { PlatformError } from '../../kernel/errors.ts';
import { userId, type UserId } from '../../kernel/ids.ts';
import type { Asker, AskingPage, CredentialKind, KeptCredential, PoolPlace } from '../credential-kind.ts';

export interface OtpKindDeps {
  readonly addresses: Pick<AddressStore, 'listOf'>;
  readonly codes: Pick<CodeStore, 'spend'>;
  readonly sender: Pick<CodeSender, 'send'>;
  readonly checker: CodeCheck;
}

/** Of the form: the digits as they were typed, blanks between them or not. */
export const codeField = 'otp';

/** Of an id no user has: looked up for nobody. */
const nobody = userId('0'.repeat(32));

/** What a page spends a code by: not its nonce itself, which is a secret of that page. */
const spenderOf = (nonce: string): string => createHash('sha256').update(nonce).digest('base64url');

const markOf = (addresses: readonly CodeAddress[]): string =>
  addresses.map(({ normalized }) => digestOf(normalized)).join('.');

export function createOtpKind({ addresses, codes, sender, checker }: OtpKindDeps): CredentialKind<unknown> {
  return {
    mechanism: 'otp',
    amr: 'otp',
    isGoodOnce: true,
    comesWithAddress: true,
    wrong: { field: codeField, text: 'wrong_code' },
    sending: {
      again: 'send_otp',
      elsewhere: 'change_to_otp_use_alternative',
      destinationField: 'destination_address',
      destinationMissing: { field: 'destination_address', text: 'address_missing' },
    },

    faultOf(answer) {
      const text = digitsOf(answer);
      if (text === '') return { field: codeField, text: 'otp_missing' };
      return /^\d{1,32}$/.test(text) ? undefined : { field: codeField, text: 'otp_malformed' };
    },

    async begin({ pool, user, identifier }, page, destination) {
      const stored = await addresses.listOf(pool.tenantId, pool.id, user?.id ?? nobody);
      const { address, login, device } = askerOf(page);
      return sender.send({
        pool,
        type: 'authentication',
        bound: login,
        user,
        typed: identifier,
        to: user === undefined ? [] : destinationsOf(stored, destination, 'verified'),
        name: page.applicationName,
        locale: page.locale,
        from: { kind: 'address', address, device },
      });
    },

    async verify({ pool, user, identifier }, answer, page) {
      const by = spenderOf(page.nonce);
      const { login: bound } = askerOf(page);
      const guess = {
        pool,
        type: 'authentication',
        bound,
        user,
        typed: identifier,
        code: digitsOf(answer),
        by,
      } as const;
      const checked = await checker.check(guess);
      if (checked.kind !== 'right') return { kind: 'wrong' };
      const { code } = checked;
      return (await codes.spend(code, code.id, by))
        ? { kind: 'right', mark: markOf(code.addresses) }
        : { kind: 'wrong' };
    },
  };
}

/** Of codes nothing is kept that outlives their page: a code proves that an address is theirs, verified, and in use. */
export function keptAddresses(addresses: Pick<AddressStore, 'listOf'>): KeptCredential {
  const usable = async ({ tenantId, poolId }: PoolPlace, user: UserId) =>
    (await addresses.listOf(tenantId, poolId, user)).filter(
      ({ status, verifiedAt }) => status === 'active' && verifiedAt !== undefined,
    );
  return {
    /** While every address that the code may have gone to is one. */
    async holds(place, user, mark) {
      const good = (await usable(place, user)).map(({ normalized }) => digestOf(normalized));
      return mark !== '' && mark.split('.').every((one) => good.includes(one));
    },
    isWayIn: async (holder, isCalled) => isCalled && (await usable(holder, holder.id)).length > 0,
    // By an address they are known.
    reset: () => Promise.resolve(),
  };
}

/** @throws PlatformError `internal`: a code is sent and read for a form that somebody posted, and for nothing else */
function askerOf({ asker }: AskingPage): Asker {
  if (asker === undefined) throw new PlatformError('internal', 'Nobody posted the page that asks for a code.');
  return asker;
}

function digitsOf(answer: Readonly<Record<string, string>>): string {
  return (answer[codeField] ?? '').replaceAll(/[\s-]/g, '');
}
