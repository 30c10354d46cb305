/** What may be asked about codes: to send one, to make one, and whether one is right. */
import type { Pool } from '../pools/pool.ts';
import type { VerifiableAddress } from '../users/address.ts';
import type { User } from '../users/user.ts';
import type { LinkParameters } from './code-link.ts';
import type { Code, CodeType } from './code.ts';
import type { Registration } from './registration.ts';

/** Where it is asked from, which is counted beside what was typed. */
export type AskedFrom = (
  | /**
     * A person's network address, in the form that throttling counts by; and their browser where they signed in from it
     * before: no stranger uses up what may be sent to it.
     */
    { readonly kind: 'address'; readonly address: string; readonly device?: string | undefined }
    /** How often it calls is limited where it calls; who wanted it to, nobody knows. */
  | { readonly kind: 'program' }
  /** Likewise, who looks after the person: no stranger uses up what is sent at their wish. */
  | { readonly kind: 'administrator' }
) & {
  /** That somebody asks was counted by `count` already. */
  readonly isCounted?: true;
};

export interface CodeSending {
  readonly pool: Pool;
  readonly type: CodeType;
  /** See `CodePlace`. */
  readonly bound?: string;
  /** Undefined for nobody. */
  readonly user: User | undefined;
  /** What was typed to say who, in its normal form. */
  readonly typed: string;
  /** See `destinationsOf`. None: nothing is sent. */
  readonly to: readonly Pick<VerifiableAddress, 'type' | 'normalized'>[];
  /** Whom the person has to do with. */
  readonly name: string;
  readonly locale: string;
  /** The message speaks of an account that somebody else made for them. */
  readonly isInvitation?: boolean;
  readonly from: AskedFrom;
  /** Left out: the message holds the code. */
  readonly link?: LinkParameters;
  readonly metadata?: Code['metadata'];
  /** That the code confirms. */
  readonly registration?: Registration;
}

export type CodeAsked = { readonly kind: 'begun' } | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export interface CodeSender {
  /** Counts that somebody asks, before anything is written for them; `send` and `notify` do it themselves otherwise. */
  count(asking: Pick<CodeSending, 'pool' | 'type' | 'typed' | 'from'>): Promise<CodeAsked>;
  send(sending: CodeSending): Promise<CodeAsked>;
  /** For a program that sends the code itself. The one before is void. */
  generate(
    given: Pick<CodeSending, 'pool' | 'type' | 'to' | 'metadata' | 'registration'> & { readonly user: User },
  ): Promise<{
    readonly id: string;
    readonly code: string;
    readonly extendedCode: string;
  }>;
  /** Tells the owner of an address that somebody tried to register with it, as often as a code would be sent. */
  notify(
    sending: Pick<CodeSending, 'pool' | 'typed' | 'to' | 'name' | 'locale' | 'from' | 'registration'> & {
      readonly user: User;
    },
  ): Promise<CodeAsked>;
}

export interface CodeGuess {
  readonly pool: Pool;
  readonly type: CodeType;
  /** See `CodePlace`. No stranger uses up its tries, so that it is not counted by what was typed. */
  readonly bound?: string;
  /** Undefined for nobody. */
  readonly user: User | undefined;
  /** What was typed to say who, in its normal form. */
  readonly typed: string;
  readonly code: string;
  /**
   * Where a person guesses from, in the form that throttling counts by; left out for programs, and where a login has
   * counted the guess already, by person, device and address.
   */
  readonly address?: string;
  /** Who may spend it again: the same form, posted twice. */
  readonly by?: string;
}

export type CodeChecked =
  /** Not spent yet: see `CodeStore.spend`. */
  | { readonly kind: 'right'; readonly code: Code; readonly user: User }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

export interface CodeCheck {
  check(guess: CodeGuess): Promise<CodeChecked>;
  /** Of which type it is: a code that opens something, which nobody says. Spends nothing. */
  inspect(guess: Omit<CodeGuess, 'type' | 'by' | 'bound'>): Promise<CodeChecked>;
}
