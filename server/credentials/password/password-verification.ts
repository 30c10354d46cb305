/** Whether a password is somebody's, at the same cost for nobody and whatever made the hash; a hash of another making becomes one of ours. */
import { isPlatformError } from '../../kernel/errors.ts';
import { userId, type PoolId, type TenantId, type UserId } from '../../kernel/ids.ts';
import { formFor } from './password-form.ts';
import type { PasswordCredential, PasswordCredentialStore, PasswordHasher } from './password.ts';

export interface PasswordVerificationDeps {
  readonly passwords: Pick<PasswordCredentialStore, 'findByUser' | 'formsOf' | 'rehash'>;
  readonly hasher: PasswordHasher;
}

export interface Verification {
  readonly isRight: boolean;
  /** Whatever came of it; undefined for who has none. */
  readonly credential: PasswordCredential | undefined;
}

/** An id no user has: looked up for nobody, so that they cost as many queries as somebody. */
export const nobody = userId('0'.repeat(32));

/**
 * Says nothing of the state that a right password is in, nor whether it has expired.
 * @param user undefined for nobody
 * @param typed what nobody was called: they cost the same every time
 * @throws PlatformError `unavailable` when too many hashes wait
 */
export async function verifyPassword(
  { passwords, hasher }: PasswordVerificationDeps,
  { tenantId, poolId }: { readonly tenantId: TenantId; readonly poolId: PoolId },
  user: UserId | undefined,
  password: string,
  typed: string,
): Promise<Verification> {
  const credential = await passwords.findByUser(tenantId, poolId, user ?? nobody);
  const form = formFor(await passwords.formsOf(tenantId, poolId), user ?? typed);
  const hash = credential?.hash;
  const isRight = (await hasher.verify(hash, password, form)) && hash !== undefined;
  if (isRight && !hasher.isOwn(hash)) {
    const own = await hashUnlessBusy(hasher, password);
    // A change meanwhile has another hash, and wins.
    if (own !== undefined) await passwords.rehash(tenantId, poolId, credential?.userId ?? nobody, hash, own);
  }
  return { isRight, credential };
}

/** Whoever was right is not kept waiting for it: the next time will do. */
async function hashUnlessBusy(hasher: PasswordHasher, password: string): Promise<string | undefined> {
  try {
    return await hasher.hash(password);
  } catch (error) {
    if (isPlatformError(error, 'unavailable')) return undefined;
    throw error;
  }
}
