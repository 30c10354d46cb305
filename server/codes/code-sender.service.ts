/** Makes codes and has them sent. Whoever asks learns nothing: for nobody the same is done, and nothing leaves. */
import type { Clock } from '../kernel/clock.ts';
import { parseDuration } from '../kernel/duration.ts';
import { codeId, messageId, newId, userId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Allowance, ThrottlePolicy, ThrottleStore } from '../interactions/throttle.ts';
import type { Dispatch } from '../messages/dispatch.ts';
import { mostDestinations, newMessage, type MessageStore, type NewMessage } from '../messages/outgoing-message.ts';
import type { Pool } from '../pools/pool.ts';
import type { User } from '../users/user.ts';
import type { AskedFrom, CodeSender, CodeSending } from './code-asking.ts';
import { linkTo, type LinkKind } from './code-link.ts';
import type { Letters } from './code-letter.ts';
import { digestOf } from './code-person.ts';
import {
  attemptsOfCode,
  extendedCode,
  mayUse,
  type Code,
  type CodeSecrets,
  type CodeStore,
  type CodeType,
} from './code.ts';

/** How often the same may be asked for, whoever is meant: the only thing that a refusal tells. */
export const askPolicy: ThrottlePolicy = { free: 5, baseDelayMs: 30_000, maxDelayMs: 3_600_000, windowMs: 3_600_000 };
/** How often one network address may ask, whomever it names: an office asks from one. */
export const askFromPolicy: ThrottlePolicy = { free: 60, baseDelayMs: 5_000, maxDelayMs: 900_000, windowMs: 3_600_000 };
/**
 * How often one destination, and one person, is sent something that was asked for at one place. What is beyond is not sent,
 * and nobody is told.
 */
export const sendPolicy: ThrottlePolicy = { free: 8, baseDelayMs: 60_000, maxDelayMs: 3_600_000, windowMs: 3_600_000 };
/** The same wherever strangers ask: one of them uses up nobody's share, and many do not fill a mailbox. */
export const sendToAllPolicy: ThrottlePolicy = { ...sendPolicy, free: 24 };

/** How much one tenant sends, whomever to. Texts cost money, and are pumped: somebody has them sent to numbers they earn by. */
export const tenantAllowances: Readonly<Record<'mail' | 'sms', Allowance>> = {
  mail: { burst: 1000, perMinute: 300 },
  sms: { burst: 200, perMinute: 30 },
};

export interface CodeSenderStores {
  readonly codes: Pick<CodeStore, 'put'>;
  readonly messages: Pick<MessageStore, 'insert'>;
}

export interface CodeSenderDeps {
  readonly unitOfWork: UnitOfWork<CodeSenderStores>;
  readonly throttle: Pick<ThrottleStore, 'countAttempt' | 'take'>;
  readonly secrets: CodeSecrets;
  readonly letters: Letters;
  readonly dispatch: Pick<Dispatch, 'begin'>;
  readonly originOf: (tenant: string) => string;
  readonly clock: Clock;
}

const linkKinds: Partial<Record<CodeType, LinkKind>> = {
  activation: 'activate',
  enroll_webauthn: 'set_webauthn',
  reset_password: 'reset_password',
  verify_address: 'verify',
};

/** What one browser that somebody signed in from before, or else one network address, or administrators have of their own. */
const placeIn = (from: AskedFrom): string => {
  if (from.kind === 'program') return '';
  if (from.kind === 'administrator') return '#administrators';
  return from.device === undefined ? `@${from.address}` : `:${from.device}`;
};
const isKnown = (from: AskedFrom): boolean =>
  from.kind === 'administrator' || (from.kind === 'address' && from.device !== undefined);

/** Where the message for nobody goes, which goes nowhere (RFC 2606 §2). */
const nowhere = [{ type: 'email', normalized: 'nobody@nowhere.invalid' }] as const;

const channelOf = (to: CodeSending['to']): 'mail' | 'sms' => (to[0]?.type === 'mobile' ? 'sms' : 'mail');

/** Under which the code of nobody is kept. */
const nobodyCalled = (typed: string) => ({ id: userId(digestOf(`nobody ${typed}`)), isOwned: false });

export const lifetimeOf = ({ settings }: Pool, type: CodeType): number =>
  parseDuration(settings.otp_settings[type].ttl) ?? 600_000;

export function createCodeSender(deps: CodeSenderDeps): CodeSender {
  const { unitOfWork, throttle, secrets, letters, dispatch, clock } = deps;

  const newCode = (
    {
      pool,
      type,
      bound,
      metadata = {},
      registration,
    }: Pick<CodeSending, 'pool' | 'type' | 'bound' | 'metadata' | 'registration'>,
    whose: { readonly id: Code['userId']; readonly isOwned: boolean },
    to: CodeSending['to'],
  ) => {
    const login = bound === undefined ? {} : { bound };
    const place = { tenantId: pool.tenantId, poolId: pool.id, userId: whose.id, type, ...login };
    const text = secrets.make(pool.settings.otp_settings[type].length);
    const now = clock.now();
    const code: Code = {
      ...place,
      id: codeId(newId()),
      isOwned: whose.isOwned,
      hash: secrets.hash(place, text),
      addresses: to.map(({ type: kind, normalized }) => ({ type: kind, normalized })),
      metadata,
      ...(registration === undefined ? {} : { registration }),
      attemptsLeft: attemptsOfCode,
      consumedBy: undefined,
      issuedAt: now,
      expiresAt: now + lifetimeOf(pool, type),
    };
    return { code, text };
  };

  /** Whether they may be sent one more; counted for nobody as well. */
  const mayReach = async ({
    pool,
    user,
    typed,
    to,
    from,
  }: Pick<CodeSending, 'pool' | 'user' | 'typed' | 'to' | 'from'>) => {
    const { tenantId, id } = pool;
    const where = `sent-to:${digestOf(to[0]?.normalized ?? typed)}`;
    const whom = `sent-whom:${id}:${user?.id ?? digestOf(typed)}`;
    const place = placeIn(from);
    const here = [where, whom].map((key) => ({ key: key + place, policy: sendPolicy }));
    const anywhere = [where, whom].map((key) => ({ key: `${key}:anywhere`, policy: sendToAllPolicy }));
    const under = isKnown(from) ? here : [...here, ...anywhere];
    const counted = await throttle.countAttempt(tenantId, under, clock.now());
    return counted.kind === 'counted';
  };

  /** Of what their tenant may send. Asked for nobody as well, who takes of nobody's: else they would use up everybody's. */
  const takeOfTenant = async ({ tenantId }: Pool, to: CodeSending['to'], isToBeSent: boolean): Promise<boolean> => {
    const channel = channelOf(to);
    const key = `sent-by-tenant:${channel}${isToBeSent ? '' : ':nobody'}`;
    return (await throttle.take(tenantId, key, tenantAllowances[channel], clock.now())) && isToBeSent;
  };

  const count: CodeSender['count'] = async ({ pool: { tenantId, id }, type, typed, from }) => {
    if (from.isCounted === true) return { kind: 'begun' };
    const byAddress = from.kind === 'address' ? [{ key: `asked-from:${from.address}`, policy: askFromPolicy }] : [];
    const asking = { key: `asked:${type}:${id}:${digestOf(typed)}${placeIn(from)}`, policy: askPolicy };
    const asked = await throttle.countAttempt(tenantId, [...byAddress, asking], clock.now());
    if (asked.kind === 'counted') return { kind: 'begun' };
    return { kind: 'throttled', retryAfterSeconds: Math.ceil((asked.until - clock.now()) / 1000) };
  };

  /** A code and the message that goes with it, both or neither; as much for nobody. */
  const write = async (
    code: Code,
    message: Pick<NewMessage, 'kind' | 'letters' | 'isToBeSent'> & { readonly owner: User | undefined },
  ): Promise<void> => {
    const { owner, ...given } = message;
    const written = newMessage(
      {
        ...given,
        id: messageId(newId()),
        tenantId: code.tenantId,
        owner: owner === undefined ? undefined : { poolId: owner.poolId, userId: owner.id },
        expiresAt: code.expiresAt,
      },
      clock.now(),
    );
    await unitOfWork.run(async ({ codes, messages }) => {
      await codes.put(code);
      await messages.insert(written);
    });
    dispatch.begin(written);
  };

  return {
    count,

    async send(sending) {
      const { pool, type, isInvitation = false, user, typed, name, locale, link, from } = sending;
      const { tenantId, id: poolId } = pool;
      const asked = await count(sending);
      if (asked.kind === 'throttled') return asked;
      const to = sending.to.slice(0, mostDestinations);
      const isAllowed = await mayReach({ pool, user, typed, to, from });
      const isMeant = user !== undefined && to.length > 0 && mayUse(type, user);
      const isToBeSent = await takeOfTenant(pool, to, isMeant && isAllowed);
      // Somebody's code stays as it is when nothing is sent: it is not void before they have another.
      const whose = isMeant && isToBeSent ? { id: user.id, isOwned: true } : nobodyCalled(typed);
      const addresses = isToBeSent ? to : nowhere;
      const { code, text } = newCode(sending, whose, addresses);
      const extended = extendedCode(whose.id, text);
      const kind = linkKinds[type];
      const content =
        link === undefined || kind === undefined
          ? { code: text }
          : { href: linkTo(kind, { origin: deps.originOf(tenantId), tenantId, poolId }, extended, link) };
      const drawn = { type, isInvitation, name, lifetimeMs: lifetimeOf(pool, type), content };
      await write(code, {
        kind: `code_${type}`,
        owner: isToBeSent ? user : undefined,
        letters: letters.ofCode(drawn, addresses, locale),
        isToBeSent,
      });
      return { kind: 'begun' };
    },

    async generate({ user, to, ...given }) {
      const { code, text } = newCode(given, { id: user.id, isOwned: true }, to.slice(0, 1));
      await unitOfWork.run(({ codes }) => codes.put(code));
      return { id: code.id, code: text, extendedCode: extendedCode(user.id, text) };
    },

    async notify({ pool, user, typed, to, name, locale, from, registration }) {
      // As a code to somebody new: who is refused sooner, or costs less, would be told apart by it.
      const asked = await count({ pool, type: 'activation', typed, from });
      if (asked.kind === 'throttled') return asked;
      const isAllowed = await mayReach({ pool, user, typed, to, from });
      const main = to.slice(0, 1);
      const isMeant = main.length > 0 && user.status !== 'deleted';
      const isToBeSent = await takeOfTenant(pool, main, isMeant && isAllowed);
      const given = { pool, type: 'activation', ...(registration === undefined ? {} : { registration }) } as const;
      const { code } = newCode(given, nobodyCalled(typed), nowhere);
      await write(code, {
        kind: 'address_taken',
        owner: isToBeSent ? user : undefined,
        letters: letters.ofTakenAddress(name, isToBeSent ? main : nowhere, locale),
        isToBeSent,
      });
      return asked;
    },
  };
}
