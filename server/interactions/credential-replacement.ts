/** A credential in the place of one that was right in a login: the change and the proof of its person are one. */
import type { Answer, CredentialKind } from '../credentials/credential-kind.ts';
import type { SettingFault, SettingPage } from '../credentials/credential-setting.ts';
import { PlatformError } from '../kernel/errors.ts';
import type { UserId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { Mechanism, Pool } from '../pools/pool.ts';
import type { ProofStore } from './proof.ts';

/** What became of it. */
export type Replaced =
  | { readonly kind: 'replaced' }
  | { readonly kind: 'refused'; readonly fault: SettingFault }
  /** The one that was verified is gone. */
  | { readonly kind: 'changed' };

/** Of a transaction. */
export interface KeptIn {
  readonly proofs: Pick<ProofStore, 'insertOnce'>;
}

/** What was right, and the page that asks for another one. */
export interface Replacing {
  readonly pool: Pool;
  readonly mechanism: Mechanism;
  readonly userId: UserId;
  readonly mark: string;
  /** As it was typed. */
  readonly identifier: string;
  readonly nonce: string;
}

/**
 * @param answer the form that was posted
 * @param keep run in the transaction of the change, with the mark of the new one: neither is there without the other
 */
export type ReplaceCredential = (
  replacing: Replacing,
  answer: Answer,
  keep: (stores: KeptIn, mark: string) => Promise<void>,
) => Promise<Replaced>;

/** Its page, where the one that is replaced was right just now. */
export const replacingPage = (pool: Pool, nonce: string, name: string): SettingPage => ({
  pool,
  nonce,
  name,
  isFirst: false,
  // What is made is not replaced, so that nothing has to be called after a browser.
  browser: '',
});

export function createCredentialReplacement<Stores extends KeptIn>(deps: {
  readonly kinds: readonly CredentialKind<Stores>[];
  readonly unitOfWork: UnitOfWork<Stores>;
}): ReplaceCredential {
  return async ({ pool, mechanism, userId: id, mark, identifier, nonce }, answer, keep) => {
    const setting = deps.kinds.find((kind) => kind.mechanism === mechanism)?.setting;
    if (setting?.replaces !== true) return { kind: 'changed' };
    const given = await setting.read(answer, replacingPage(pool, nonce, identifier));
    if (given.kind === 'refused') return given;
    const at = { tenantId: pool.tenantId, poolId: pool.id, id, isAboveAdministrators: true };
    try {
      const write = await given.prepare(at, { kind: 'proven', mark });
      await deps.unitOfWork.run(async (stores) => keep(stores, await write(stores)));
      return { kind: 'replaced' };
    } catch (error) {
      const fault = given.faultIn(error);
      if (fault !== undefined) return { kind: 'refused', fault };
      if (error instanceof PlatformError && error.status < 500) return { kind: 'changed' };
      throw error;
    }
  };
}
