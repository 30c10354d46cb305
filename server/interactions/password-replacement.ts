/** A new password in the place of one that was right in a login: the change and the proof of its person are one. */
import type { IdentityPoolIdp } from '../idps/idp.ts';
import type { UserId } from '../kernel/ids.ts';
import type { ProofContent, ProofStore } from './proof.ts';

/** What became of it. */
export type Replaced =
  | { readonly kind: 'replaced' }
  /** Rules that it does not follow. */
  | { readonly kind: 'refused'; readonly failed: readonly string[] }
  /** The one that was verified is gone. */
  | { readonly kind: 'changed' };

/** Of a transaction. */
export interface KeptIn {
  readonly proofs: Pick<ProofStore, 'insertOnce'>;
}

/** `Posted`: the form that brings it. */
export interface PasswordReplacement<Posted> {
  /** @param keep run in the transaction of the change, with the mark of the new one: neither is there without the other */
  readonly replacePassword: (
    at: Pick<IdentityPoolIdp, 'tenantId' | 'poolId'> & { readonly userId: UserId; readonly mark: string },
    password: string,
    keep: (stores: KeptIn, mark: string) => Promise<void>,
  ) => Promise<Replaced>;
  /** Keeps a proof that is still to be sent. */
  readonly keepProof: (stores: KeptIn, posted: Posted, content: ProofContent) => Promise<void>;
}
