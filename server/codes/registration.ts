/** What somebody said who registers: it goes with their code, and counts where that code is confirmed. */
import type { AddressStore, VerifiableAddress } from '../users/address.ts';
import type { User } from '../users/user.ts';

export interface Registration {
  readonly payload: User['payload'];
  /** Where the code goes, and the address that they gave as their name. */
  readonly addresses: readonly VerifiableAddress[];
}

/**
 * Of who is there: a code that is made for them later confirms it, and not what others say since who register with their
 * address. As much for nobody.
 */
export const registrationOf = ({
  user,
  addresses,
}: {
  readonly user: Pick<User, 'payload'> | undefined;
  readonly addresses: readonly VerifiableAddress[];
}): Registration => ({
  payload: user?.payload ?? {},
  addresses: addresses.filter(({ verifiedAt }) => verifiedAt === undefined),
});

/** Reaches somebody where this registration says, and nowhere that another one said. What was verified stays. */
export async function reachBy(
  { addresses }: { readonly addresses: Pick<AddressStore, 'insert' | 'remove'> },
  { tenantId, poolId, id }: Pick<User, 'tenantId' | 'poolId' | 'id'>,
  held: readonly VerifiableAddress[],
  wanted: Registration['addresses'],
): Promise<void> {
  const lacks = (all: readonly VerifiableAddress[], one: VerifiableAddress): boolean =>
    !all.some(({ normalized }) => normalized === one.normalized);
  for (const one of held)
    if (one.verifiedAt === undefined && lacks(wanted, one))
      await addresses.remove(tenantId, poolId, id, one.normalized);
  for (const one of wanted) if (lacks(held, one)) await addresses.insert(tenantId, poolId, id, one);
}
