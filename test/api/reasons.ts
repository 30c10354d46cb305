/** Reasons why the platform differs that hold for what it reads, and for what it answers. */
export const saml = 'clients speak OAuth 2.0 here, and no SAML';
export const industry = 'belongs to an industry, whose members a plugin brings';
export const ciba = 'there is no backchannel authentication (CIBA)';
export const certificates = 'TLS certificates decide nothing here';
export const inert = 'decides nothing here, and is not kept';
export const discovery = 'is said by discovery';
export const totp = 'there are no time-based codes (TOTP)';
export const secondFactor = 'there is no second factor';
export const secretHalf = 'the private members of a key stay with whoever signs with it: refused where they are sent';
export const unserved = 'would hold somebody to more than is kept: refused by name where it asks for something';
