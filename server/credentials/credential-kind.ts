/** What a kind of credential is to a login. One folder beside this file fills it for one published mechanism. */
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';
import type { Mechanism, Pool } from '../pools/pool.ts';
import type { User } from '../users/user.ts';

/** Where a person is looked for. */
export interface PoolPlace {
  readonly tenantId: TenantId;
  readonly poolId: PoolId;
}

/** Who somebody says they are. What is done for somebody is done for nobody too, at the same cost. */
export interface Claimant {
  readonly pool: Pool;
  /** Of any status; undefined for nobody. */
  readonly user: User | undefined;
  /** As it was typed, in its normal form; empty where nothing was typed, as with a passkey that names its person. */
  readonly identifier: string;
}

/** Who asks, as far as it is known before they prove anything. */
export interface Asker {
  /** The client's address in the form that throttling counts by. */
  readonly address: string;
  /** The login's id, which no other has: what is sent for it is good in it alone. */
  readonly login: string;
  /** Of a browser that the claimant signed in from before, and nobody else's. */
  readonly device: string | undefined;
}

/** The page of a login that asks: what is answered to it is worth nothing anywhere else. */
export interface AskingPage {
  /** Random, bound to this step of this login; the answer to it proves something once. */
  readonly nonce: string;
  /** Where the page stands, e.g. `https://id.example`: what a browser's own proof has to name. */
  readonly origin: string;
  /** As the page speaks, e.g. `en`. */
  readonly locale: string;
  /** For messages: whom the person signs in to. */
  readonly applicationName: string;
  /** Whose form was posted to it; left out while it is only shown. */
  readonly asker?: Asker;
}

/** The form that was posted, single values of at most 8 kB each. */
export type Answer = Readonly<Record<string, string>>;

/** What cannot be an answer, before anybody is looked up: the field of the form, and a key of the texts. */
export interface AnswerFault {
  readonly field: string;
  readonly text: string;
}

export type Verified =
  | {
      readonly kind: 'right';
      /** Names what was verified as it stands now: `holds` says later whether it still does. At most 200 characters. */
      readonly mark: string;
      /** The person proved themselves, and has to replace this credential before anything else. */
      readonly mustReplace?: 'expired' | 'must_be_changed';
    }
  | { readonly kind: 'wrong' }
  /** It was right, and is good for nothing until it was set anew after a code: said only to who knows it. */
  | { readonly kind: 'must_be_reset' };

/** What came of beginning: never whether there is anybody. */
export type Begun = { readonly kind: 'begun' } | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export interface CredentialKind {
  readonly mechanism: Mechanism;
  /** As tokens name it: `pwd`, `otp`, `pop` (RFC 8176 §2). */
  readonly amr: string;
  /** Pure, and told before anything is counted. @returns undefined for what can be verified */
  faultOf(answer: Answer): AnswerFault | undefined;
  /** Whom an answer names by itself, where no identifier was typed. */
  identify?(place: PoolPlace, answer: Answer): Promise<UserId | undefined>;
  /** What its part of the page shows beyond the identifier. JSON; of the same shape for everybody and for nobody. */
  ask?(claimant: Claimant, page: AskingPage): Promise<Readonly<Record<string, unknown>>>;
  /**
   * What has to happen before it can be asked for: a code is sent.
   * @param destination typed by the person: one of their verified addresses, or nothing is sent
   */
  begin?(claimant: Claimant, page: AskingPage, destination?: string): Promise<Begun>;
  /** Whether the answer is right. It takes as long for nobody. Whether the person may sign in at all is asked elsewhere. */
  verify(claimant: Claimant, answer: Answer, page: AskingPage): Promise<Verified>;
}

/** Whether what `verify` once named still stands. A kind has one beside it, made of its store: steps ask in transactions. */
export type Holds = (place: PoolPlace, user: UserId, mark: string) => Promise<boolean>;

/** What a login was proven with. */
export interface ProvenCredential {
  readonly mechanism: Mechanism;
  readonly mark: string;
}

export interface CredentialMarks {
  holds(place: PoolPlace, user: UserId, credential: ProvenCredential): Promise<boolean>;
}

export function createCredentialMarks(kinds: Readonly<Record<Mechanism, Holds>>): CredentialMarks {
  return { holds: (place, user, { mechanism, mark }) => kinds[mechanism](place, user, mark) };
}
