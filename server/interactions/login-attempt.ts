/** How far a person got with their first factor: sealed in the row of their login, so that a reload finds it. */
import { z } from 'zod';
import { idpId, poolId, userId, type IdpId, type PoolId, type UserId } from '../kernel/ids.ts';
import type { Sealer } from '../kernel/sealer.ts';
import type { Mechanism } from '../pools/pool.ts';
import type { Interaction, InteractionStore } from './interaction.ts';

export interface LoginAttempt {
  readonly idpId: IdpId;
  /** As it was typed. */
  readonly identifier: string;
  readonly mechanism: Mechanism;
  /** Since when it can be answered, where something had to be sent first. Milliseconds since the epoch. */
  readonly begunAt?: number | undefined;
  /** It was answered rightly, and has to be replaced before the login goes on. */
  readonly replace?:
    | {
        readonly poolId: PoolId;
        readonly userId: UserId;
        /** What was verified: another one by now makes this worth nothing. */
        readonly mark: string;
        readonly why: 'expired' | 'must_be_changed';
        /** Milliseconds since the epoch. */
        readonly provenAt: number;
      }
    | undefined;
}

export interface LoginAttempts {
  /** @returns undefined where nothing was said yet */
  read(interaction: Interaction): LoginAttempt | undefined;
  keep(interaction: Interaction, attempt: LoginAttempt): Promise<void>;
  /** The person is asked anew who they are. */
  forget(interaction: Interaction): Promise<void>;
}

/** How long a right answer may wait for what replaces it. Milliseconds. */
export const replaceWithinMs = 10 * 60_000;

const stored = z.object({
  idpId: z.string().transform(idpId),
  identifier: z.string(),
  mechanism: z.string(),
  begunAt: z.number().optional(),
  replace: z
    .object({
      poolId: z.string().transform(poolId),
      userId: z.string().transform(userId),
      mark: z.string(),
      why: z.enum(['expired', 'must_be_changed']),
      provenAt: z.number(),
    })
    .optional(),
});

const contextOf = ({ tenantId, workspaceId, id }: Interaction): string =>
  `interactions.attempt:${tenantId}:${workspaceId}:${id}`;

export function createLoginAttempts(deps: {
  readonly sealer: Sealer;
  readonly interactions: Pick<InteractionStore, 'keepAttempt'>;
}): LoginAttempts {
  const { sealer, interactions } = deps;
  const write = (interaction: Interaction, sealed: string | undefined) =>
    interactions.keepAttempt(interaction.tenantId, interaction.workspaceId, interaction.id, sealed);
  return {
    read(interaction) {
      if (interaction.attempt === undefined) return undefined;
      const read: unknown = JSON.parse(sealer.open(interaction.attempt, contextOf(interaction)));
      // Written by another version of ours, it costs the person one more field and nothing else.
      return stored.safeParse(read).data;
    },
    keep: (interaction, attempt) => write(interaction, sealer.seal(JSON.stringify(attempt), contextOf(interaction))),
    forget: (interaction) => write(interaction, undefined),
  };
}
