/** What the account pages do: by the same codes that programs have sent and verified over the Identity API. */
import { z } from 'zod';
import type { AccountService as CodeAccounts, GiveWayIn } from '../codes/account.service.ts';
import type { AskedFrom, CodeSender } from '../codes/code-asking.ts';
import { checkedTarget, guessIn, senderName, type CodeCallStores } from '../codes/code-call.ts';
import { destinationsOf, namedPerson, type NamedPerson, type PersonStores } from '../codes/code-person.ts';
import { sinceSessionsEnd, wrongCode, type Redeem } from '../codes/code-redeem.service.ts';
import type { Registered, RegistrationService } from '../codes/registration.service.ts';
import type { Registration } from '../codes/registration.ts';
import type { GivenCredential, SettingFault } from '../credentials/credential-setting.ts';
import { personKeyOf, type DeviceCookies } from '../interactions/device-cookie.ts';
import { isPlatformError } from '../kernel/errors.ts';
import { newId } from '../kernel/ids.ts';
import { typedForm } from '../users/identifier.ts';
import type { User } from '../users/user.ts';
import type { AccountAt, AccountOutcome, AccountService, Asked, ShownCode } from './account.ts';

export interface AccountServiceDeps<Stores> {
  readonly stores: PersonStores & CodeCallStores;
  readonly sender: Pick<CodeSender, 'count' | 'send' | 'notify'>;
  readonly accounts: CodeAccounts<Stores>;
  readonly registration: RegistrationService;
  readonly redeem: Redeem<Stores>;
  readonly devices: DeviceCookies;
}

export function createAccountPagesService<Stores>({
  stores,
  sender,
  accounts,
  registration,
  redeem,
  devices,
}: AccountServiceDeps<Stores>): AccountService<Stores> {
  /** Of the workspace that sent the person; of the tenant where an address names none that there is. */
  async function nameOf({ pool, workspaceId }: AccountAt): Promise<string> {
    try {
      return await senderName(stores, pool.tenantId, workspaceId);
    } catch (error) {
      if (!isPlatformError(error, 'unprocessable_entity')) throw error;
      return senderName(stores, pool.tenantId, undefined);
    }
  }

  async function guessOf({ pool, address }: AccountAt, { code: text, identifier, userId, by, bound }: ShownCode) {
    const { naming, code } = guessIn({ code: text, identifier, userID: userId });
    const { user, typed } = await namedPerson(stores, pool, naming);
    const more = { ...(by === undefined ? {} : { by }), ...(bound === undefined ? {} : { bound }) };
    return { pool, user, typed, code, address, ...more };
  }

  const send = async (
    at: AccountAt,
    type: 'activation' | 'reset_password',
    { user, typed }: NamedPerson,
    to: ReturnType<typeof destinationsOf>,
    from: AskedFrom,
    registration?: Registration,
  ): Promise<Asked> => {
    const { pool, locale } = at;
    // Good on the page that asked for it alone: nobody voids it, or uses up its tries, from another.
    const bound = newId();
    const sent = await sender.send({
      pool,
      type,
      bound,
      user,
      typed,
      to,
      name: await nameOf(at),
      locale,
      from,
      ...(registration === undefined ? {} : { registration }),
    });
    return sent.kind === 'begun' ? { kind: 'asked', bound } : sent;
  };

  /** Their own browser, where they signed in from it before: no stranger uses up what they may be sent there. */
  const fromOf = (
    { pool, address, deviceCookie }: AccountAt,
    { user, typed }: Pick<NamedPerson, 'user' | 'typed'>,
  ): AskedFrom => ({
    kind: 'address',
    address,
    device: devices.verify(deviceCookie, personKeyOf(pool.id, user?.id, typed)),
  });

  /**
   * What a person can do something about; everything else is a failure.
   * @param work answers whose the browser is, where it is shown by a code that went to an address of theirs
   * @param refused what was found wrong with what they gave, and with nothing else
   */
  async function outcomeOf(
    work: () => Promise<User | undefined>,
    refused: readonly SettingFault[] = [],
  ): Promise<AccountOutcome> {
    try {
      const shown = await work();
      if (shown === undefined) return { kind: 'done' };
      return { kind: 'done', deviceCookie: devices.issue(personKeyOf(shown.poolId, shown.id, '')) };
    } catch (error) {
      const [fault] = refused;
      if (fault !== undefined) return { kind: 'refused', fault };
      // Somebody else has the address by now: to whoever shows the code it is one that is good for nothing.
      if (isPlatformError(error, 'unauthorized') || isPlatformError(error, 'conflict')) return { kind: 'wrong' };
      if (isPlatformError(error, 'too_many_requests'))
        return { kind: 'throttled', retryAfterSeconds: error.retryAfterSeconds ?? 60 };
      throw error;
    }
  }

  /** Runs what spends a code, and gives it the way to write what was given. */
  const withGiven = (
    { prepare, faultIn }: GivenCredential<Stores>,
    work: (give: GiveWayIn<Stores>) => Promise<User | undefined>,
  ): Promise<AccountOutcome> => {
    const { refused, noting } = refusalsBy(faultIn);
    return outcomeOf(
      () =>
        work(async (at) => {
          const write = await noting(prepare(at, { kind: 'nothing' }));
          return (stores) => noting(write(stores));
        }),
      refused,
    );
  };

  return {
    async leadsOnTo({ pool, workspaceId }, target) {
      try {
        return await checkedTarget(stores, pool, workspaceId, target);
      } catch (error) {
        if (!isPlatformError(error, 'unprocessable_entity')) throw error;
        return undefined;
      }
    },

    async requestReset(at, identifier) {
      const person = await namedPerson(stores, at.pool, { by: 'identifier', text: identifier });
      // To an address that is stored and verified, never to what was typed.
      return send(
        at,
        'reset_password',
        person,
        destinationsOf(person.addresses, undefined, 'verified'),
        fromOf(at, person),
      );
    },

    completeReset(at, shown, password, { faultIn }) {
      const { refused, noting } = refusalsBy(faultIn);
      return outcomeOf(async () => {
        const guess = await guessOf(at, shown);
        await noting(accounts.resetPassword(guess, password));
        return guess.user;
      }, refused);
    },

    async register(at, address, said) {
      const { pool, locale } = at;
      const typed = typedForm(address, { caseInsensitive: pool.identifierCaseInsensitive });
      // By what was typed, and before anybody is written: a flood leaves no people behind.
      const counted = await sender.count({
        pool,
        type: 'activation',
        typed,
        from: { kind: 'address', address: at.address },
      });
      if (counted.kind === 'throttled') return counted;
      let registered: Registered;
      try {
        registered = await registration.register({ pool, identifier: address, said, otpAddress: undefined });
      } catch (error) {
        const members = membersRefusedIn(error);
        if (members === undefined) throw error;
        return { kind: 'incomplete', members };
      }
      const person = await namedPerson(stores, pool, {
        by: 'id',
        text: registered.kind === 'taken' ? registered.owner : registered.id,
      });
      const { user, addresses } = person;
      const from = { ...fromOf(at, person), isCounted: true } as const;
      if (registered.kind === 'new') {
        const to = registered.address === undefined ? [] : [registered.address];
        const sent = await send(at, 'activation', { ...person, typed }, to, from, registered.registration);
        return sent.kind === 'asked' ? { ...sent, userId: registered.id } : sent;
      }
      const asked = { kind: 'asked', bound: newId(), userId: registered.id } as const;
      if (user === undefined) return asked;
      const to = destinationsOf(addresses, address, 'verified');
      const told = { pool, user, typed, to, name: await nameOf(at), locale, from };
      await sender.notify({ ...told, registration: registered.registration });
      return asked;
    },

    activate(at, shown, given) {
      const activate = async (give?: GiveWayIn<Stores>) => {
        const guess = await guessOf(at, shown);
        await accounts.activate(guess, undefined, give);
        return guess.user;
      };
      return given === undefined ? outcomeOf(() => activate()) : withGiven(given, activate);
    },

    addPasskey: (at, shown, given) =>
      withGiven(given, async (give) => {
        const guess = { ...(await guessOf(at, shown)), type: 'enroll_webauthn' } as const;
        await redeem.redeem(
          guess,
          async (code, { tenantId, poolId, id, status }) => {
            if (status !== 'active') throw wrongCode();
            const check = sinceSessionsEnd(code);
            return give({ tenantId, poolId, id, isAboveAdministrators: true, check });
          },
          () => Promise.resolve(undefined),
        );
        return guess.user;
      }),

    verifyAddress: (at, shown) =>
      outcomeOf(async () => {
        await accounts.verifyAddress(await guessOf(at, shown), undefined);
        // Whoever added the address may have mistyped it.
        return undefined;
      }),
  };
}

/** Notes what failures of some steps say of what was given, and lets them be failures. */
function refusalsBy(faultIn: GivenCredential<never>['faultIn']) {
  const refused: SettingFault[] = [];
  const noting = async <T>(step: Promise<T>): Promise<T> => {
    try {
      return await step;
    } catch (error) {
      const fault = faultIn(error);
      if (fault !== undefined) refused.push(fault);
      throw error;
    }
  };
  return { refused, noting };
}

const faultsOfPayload = z.array(z.object({ pointer: z.string().regex(/^\/payload(?:\/|$)/) })).min(1);

/** @returns names of members of the payload; undefined for any other failure */
function membersRefusedIn(error: unknown): readonly string[] | undefined {
  if (!isPlatformError(error, 'unprocessable_entity')) return undefined;
  const faults = faultsOfPayload.safeParse(error.details);
  if (!faults.success) return undefined;
  const names = faults.data.map(({ pointer }) => pointer.split('/')[2] ?? '');
  return [...new Set(names.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~')))];
}
