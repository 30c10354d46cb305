/** What a stranger may know of a person, and tries first as their password. */
import type { VerifiableAddress } from '../../users/address.ts';
import type { Identifier } from '../../users/identifier.ts';
import type { User } from '../../users/user.ts';

const most = 100;

/** Identifiers, addresses, and every text of the profile: names, the street, the employer. */
export function guessableOf(person: {
  readonly payload: User['payload'];
  readonly identifiers: readonly Pick<Identifier, 'value'>[];
  readonly addresses: readonly Pick<VerifiableAddress, 'value'>[];
}): readonly string[] {
  const texts = Object.values(person.payload).flatMap((value) => (typeof value === 'string' ? [value] : []));
  return [...[...person.identifiers, ...person.addresses].map(({ value }) => value), ...texts].slice(0, most);
}
