/** How a person is given a credential by a page: their first, or one in the place of another. One for each kind that has that. */
import type { FieldFault, SettingOnPages } from '../themes/kind-pages.ts';
import type { Pool } from '../pools/pool.ts';
import type { PersonAt } from '../users/person-change.ts';

/** The page that asks for it. */
export interface SettingPage {
  readonly pool: Pool;
  /**
   * Random, and the same while one person is at it: what is made for it is good for nobody else. Undefined where nothing says
   * whose page it is.
   */
  readonly nonce: string | undefined;
  /** Whom a browser keeps it under, as far as the page knows. */
  readonly name: string;
  /** Which browser the page is in, as people call it (`browserNameIn`): a name for what has none. */
  readonly browser: string;
  /** Whoever comes to this page has none of before that would count. */
  readonly isFirst: boolean;
}

/** What a page says of what was given. */
export interface SettingFault extends FieldFault {
  /** For the kind's part of that page: rules that it does not follow, by their names. */
  readonly details?: readonly string[];
}

/** What there is before it: nothing that counts, or one that its person proved in a login. */
export type SetInstead = { readonly kind: 'nothing' } | { readonly kind: 'proven'; readonly mark: string };

/** In the caller's transaction. @returns its mark, see `Verified`. @throws PlatformError as `GivenCredential.prepare` does */
export type WriteCredential<Stores> = (stores: Stores) => Promise<string>;

/** What was given, as far as it can be judged without knowing by whom. */
export interface GivenCredential<Stores> {
  readonly kind: 'given';
  /**
   * Checks and hashes take their time: outside of any transaction, once it is known who gives it.
   * @throws PlatformError as `faultIn` knows them; `conflict` where what is replaced is another one by now; `unavailable`
   */
  prepare(at: PersonAt, instead: SetInstead): Promise<WriteCredential<Stores>>;
  /** What a failure of `prepare`, or of what it answered, says of what was given; undefined where it says something else. */
  faultIn(error: unknown): SettingFault | undefined;
}

/** A thing given cannot be what it should: told before any code is looked at, and so to nobody about anybody. */
export interface RefusedCredential {
  readonly kind: 'refused';
  readonly fault: SettingFault;
}

/** @typeParam Stores of the transaction that it is written in */
export interface CredentialSetting<Stores = never> extends SettingOnPages {
  /**
   * What its part of the page shows, JSON, of the same shape for everybody and for nobody.
   * @param details of the fault that the page tells of
   * @returns undefined where it cannot be given on this page
   */
  show(page: SettingPage, details: readonly string[]): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Whether the form holds one, right or not. */
  isGiven(answer: Readonly<Record<string, string>>): boolean;
  read(
    answer: Readonly<Record<string, string>>,
    page: SettingPage,
  ): Promise<GivenCredential<Stores> | RefusedCredential>;
}
