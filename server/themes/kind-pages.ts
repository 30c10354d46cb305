/** What pages have to know of a kind of credential, which the start holds to templates and texts. */

/** What a page says of a field: of which one (`form` for all of it), and a key of the texts. */
export interface FieldFault {
  readonly field: string;
  readonly text: string;
}

/** How people are given a credential by a page. */
export interface SettingOnPages {
  /**
   * `typed`: its fields are sent with all else that the page asks. `made`: by a press of its own, in the place of whatever is
   * typed; `setting.by_link.{mechanism}` says that only the link of a message leads to it.
   */
  readonly manner: 'typed' | 'made';
  /** Whoever registers, or is activated, may have it as their first. */
  readonly isForNewcomers: boolean;
  /** One that is right and has expired is replaced by another: `replace.{mechanism}` has its title and the reasons. */
  readonly replaces: boolean;
  /** Keys below `setting.fault`. */
  readonly faults: readonly string[];
}

export interface KindOnPages {
  /** `partials/login.{mechanism}` draws its part of a login's page, the text `login.use.{mechanism}` leads to it. */
  readonly mechanism: string;
  /** Keys below `login.fault`. */
  readonly faults: readonly string[];
  /** An answer says by itself whose it is: `partials/naming.{mechanism}` is drawn where people are asked who they are. */
  readonly names?: true;
  /** `partials/setting.{mechanism}` draws its part; left out where no page gives anybody one. */
  readonly setting?: SettingOnPages;
  /** A folder with those partials, as `login.hbs`, `naming.hbs`, `setting.hbs`, and those texts, in `texts`; left out where they are beside all others. */
  readonly templates?: string;
}

/** The part of a page that is drawn by a kind: where somebody is given a credential. */
export interface SettingPart {
  readonly mechanism: string;
  /** As its kind says. */
  readonly shown: Readonly<Record<string, unknown>>;
  readonly fault?: FieldFault | undefined;
  /** There is no other way on. */
  readonly isAlone: boolean;
  /** Nothing else is asked first. */
  readonly isFocused: boolean;
  readonly retryAfterSeconds?: number | undefined;
}
