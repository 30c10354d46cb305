/** Whose house the person stands in, and who sent them there. */

export interface TenantBrand {
  readonly name: string;
  /** https or data:image; anything else is left out. */
  readonly logoUri?: string | undefined;
}

export interface ApplicationBrand {
  readonly name: string;
  readonly logoUri?: string | undefined;
}
