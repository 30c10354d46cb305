/** A field of the page on which people register, as a tenant's schema asks for it. */

/** Claims of OpenID Connect Core §5.1 that pages call by a name of their own, in each language. */
export const claimsCalled = [
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'preferred_username',
  'website',
  'gender',
  'birthdate',
] as const;
export type ClaimCalled = (typeof claimsCalled)[number];

export interface RegistrationField {
  /** Of the member of the payload. */
  readonly name: string;
  /** As it is posted. */
  readonly field: string;
  /** Where the schema has no title for it. */
  readonly claim?: ClaimCalled | undefined;
  /** In the words of the schema, which are the tenant's. */
  readonly title: string;
  readonly description?: string | undefined;
  readonly input: 'text' | 'number' | 'date' | 'email' | 'url' | 'yes' | 'choice';
  readonly choices?: readonly string[];
  readonly isRequired: boolean;
  /** Of HTML §4.10.18.7. */
  readonly autocomplete: string;
  /** Characters. */
  readonly maxLength: number;
  /** As it was typed. */
  readonly value: string;
  readonly isFaulty: boolean;
}
