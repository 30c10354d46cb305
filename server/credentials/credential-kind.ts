/** What a kind of credential is: to a login, and to whoever asks what a person has. One folder beside this file fills it. */
import type { Clock } from '../kernel/clock.ts';
import type { Outbox } from '../kernel/events.ts';
import type { PoolId, TenantId, UserId } from '../kernel/ids.ts';
import type { Mechanism, Pool } from '../pools/pool.ts';
import type { CredentialItems } from './credential.section.ts';
import type { CredentialSetting } from './credential-setting.ts';
import type { FieldFault, KindOnPages } from '../themes/kind-pages.ts';
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

/** What a page says of an answer: at which field of the form (`form` for all of it), and a key below `login.fault` of the texts. */
export type AnswerFault = FieldFault;

export type Verified =
  | {
      readonly kind: 'right';
      /** Names what was verified as it stands now: `holds` says later whether it still does. At most 200 characters. */
      readonly mark: string;
      /** The person proved themselves, and has to replace this credential before anything else: by its kind's `setting`. */
      readonly mustReplace?: 'expired' | 'must_be_changed';
    }
  | { readonly kind: 'wrong' }
  /** It was right, and is good for nothing until it was set anew after a code: said only to who knows it. */
  | { readonly kind: 'must_be_reset' };

/** What came of beginning: never whether there is anybody. */
export type Begun = { readonly kind: 'begun' } | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** How the page of a kind that sends something asks for it once more: by the published names of its forms. */
export interface Sending {
  /** The action that has it sent again. */
  readonly again: string;
  /** The action that asks for another address, and the field that it is typed into. */
  readonly elsewhere: string;
  readonly destinationField: string;
  /** Of an address that was left out. */
  readonly destinationMissing: AnswerFault;
}

/** @typeParam Stores of somebody else's transaction, where it writes what a page gave a person */
export interface CredentialKind<Stores = never> {
  readonly mechanism: Mechanism;
  /** How forms spell it beside its own name, e.g. `web_authn` in `change_to_web_authn`. */
  readonly alias?: string;
  /** As tokens name it: `pwd`, `otp`, `pop` (RFC 8176 §2). */
  readonly amr: string;
  /** Whether a right answer is spent by being right: the same form again is then the same proof, and not another try. */
  readonly isGoodOnce: boolean;
  /** Whoever has confirmed an address can prove themselves by it: a newcomer need not be given anything. */
  readonly comesWithAddress?: true;
  /** How pages give people one; left out where none does. */
  readonly setting?: CredentialSetting<Stores>;
  /** Of a wrong answer: of which of two things it was wrong, nobody is told. */
  readonly wrong: AnswerFault;
  /** Of a right answer that is good for nothing until it was set anew. */
  readonly mustBeReset?: AnswerFault;
  /** Pure, and told before anything is counted. @returns undefined for what can be verified */
  faultOf(answer: Answer): AnswerFault | undefined;
  /**
   * Whom an answer names by itself, where no identifier was typed. Such an answer is in the form's field that is called as
   * the mechanism, and is one whichever way was asked for; what it takes is shown as soon as anybody is asked who they are.
   */
  identify?(place: PoolPlace, answer: Answer): Promise<UserId | undefined>;
  /**
   * What its part of the page shows beyond the identifier, which is empty while nobody has said who they are. JSON; of the
   * same shape for everybody and for nobody. A kind that asks for nothing first is answered beside the identifier.
   */
  ask?(claimant: Claimant, page: AskingPage): Promise<Readonly<Record<string, unknown>>>;
  /**
   * What has to happen before it can be asked for: a code is sent.
   * @param destination typed by the person: one of their verified addresses, or nothing is sent
   */
  begin?(claimant: Claimant, page: AskingPage, destination?: string): Promise<Begun>;
  /** Beside `begin`. */
  readonly sending?: Sending;
  /** Whether the answer is right. It takes as long for nobody. Whether the person may sign in at all is asked elsewhere. */
  verify(claimant: Claimant, answer: Answer, page: AskingPage): Promise<Verified>;
}

/** Whether what `verify` once named still stands. */
export type Holds = (place: PoolPlace, user: UserId, mark: string) => Promise<boolean>;

/** What a login was proven with. */
export interface ProvenCredential {
  readonly mechanism: Mechanism;
  readonly mark: string;
}

export interface CredentialMarks {
  holds(place: PoolPlace, user: UserId, credential: ProvenCredential): Promise<boolean>;
}

/** Somebody of whom it is asked what they have. */
export interface Holder extends PoolPlace {
  readonly id: UserId;
}

/** What a kind keeps of people, made of its rows alone: whoever asks does so inside their own transaction. */
export interface KeptCredential {
  readonly holds: Holds;
  /** Whether they could prove themselves by it now. @param isCalled whether they have an identifier to type beside it */
  isWayIn(holder: Holder, isCalled: boolean): Promise<boolean>;
  /**
   * Somebody proved an address of theirs and sets what they prove themselves by anew: takes what an intruder may have added,
   * and tells of each. What is set anew itself stays to whoever sets it.
   */
  reset(holder: Holder, outbox: Outbox): Promise<void>;
}

/** What all kinds keep of people. */
export interface KeptCredentials extends CredentialMarks {
  /** By which they could prove themselves now, whatever their pool allows. */
  waysIn(holder: Holder, isCalled: boolean): Promise<readonly Mechanism[]>;
  reset(holder: Holder, outbox: Outbox): Promise<void>;
}

/** @see `Migration` of `db/migration.ts` */
export interface KindMigration<Executor> {
  readonly name: string;
  up(executor: Executor): Promise<void>;
  down(executor: Executor): Promise<void>;
}

/**
 * A kind as the composition root lists it: all that the rest of the platform knows it by.
 * @typeParam Executor where rows are, the database or a transaction. @typeParam Parts what kinds are made of
 * @typeParam Stores of somebody else's transaction, as far as the kind writes there
 */
export interface CredentialDefinition<Executor, Parts, Stores> extends KindOnPages {
  /**
   * Each with a tenant, a pool and a user, and removed with that user: what is in them was set by or for the person. Those
   * that refer to others come before them.
   */
  readonly tables: readonly string[];
  /** Its others, each with a tenant and a pool: removed with either. */
  readonly otherTables?: readonly string[];
  /** What makes its tables, with a history of its own; left out where those of the house do. */
  readonly migrations?: readonly KindMigration<Executor>[];
  /**
   * Of its forms, calls, rows and exports, in snake case: under none of these names, nor under that of its mechanism, is
   * anything written to a log.
   */
  readonly secretFields: readonly string[];
  /** Those of its rows that are over after a while, by the name of their sweep. */
  readonly expiring?: {
    readonly name: string;
    readonly rows: (executor: Executor) => {
      /** Removes up to `limit` that are over. @returns how many */
      removeExpired(now: number, limit: number): Promise<number>;
    };
  };
  /** How they move in exports and imports, under `type` as the kind is called; left out where nothing of it moves. */
  readonly exportable?: (parts: { readonly clock: Clock }) => CredentialItems<Stores>;
  readonly kept: (executor: Executor) => KeptCredential;
  readonly create: (parts: Parts) => CredentialKind<Stores>;
}

/** What was proven by a mechanism that no kind serves any more holds no longer. */
export function createKeptCredentials(kinds: ReadonlyMap<Mechanism, KeptCredential>): KeptCredentials {
  return {
    holds: async (place, user, { mechanism, mark }) => (await kinds.get(mechanism)?.holds(place, user, mark)) ?? false,
    async waysIn(holder, isCalled) {
      const ways: Mechanism[] = [];
      for (const [mechanism, kept] of kinds) if (await kept.isWayIn(holder, isCalled)) ways.push(mechanism);
      return ways;
    },
    async reset(holder, outbox) {
      for (const kept of kinds.values()) await kept.reset(holder, outbox);
    },
  };
}
