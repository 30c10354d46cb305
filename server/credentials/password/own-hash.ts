/** How every hash begins that is made here: argon2id, version 19, 19 MiB, two passes, as the OWASP password storage guide has it. */

export const ownParameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
export const ownPrefix = '$argon2id$v=19$m=19456,t=2,p=1$';
