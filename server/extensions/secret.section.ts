/** Secrets in an exported configuration, with their values. */
import { z } from 'zod';
import { faultsFrom } from '../configuration/faults.ts';
import { section, type Section } from '../configuration/section.ts';
import type { Clock } from '../kernel/clock.ts';
import { secretId, workspaceId } from '../kernel/ids.ts';
import { mostSecrets, checkSecretName, longestValue, type Secret, type SecretStore } from './secret.ts';

export interface SecretSectionStores {
  readonly secrets: Pick<SecretStore, 'list' | 'find' | 'open' | 'insert' | 'update'>;
}

const body = z.object({
  server_id: z.string().min(1).max(64),
  id: z.string().max(64),
  // Sealed under a passphrase it is longer than by itself.
  secret: z
    .string()
    .min(1)
    .max(4 * longestValue),
  created_at: z.iso.datetime({ offset: true }).optional(),
});
type SecretItem = z.infer<typeof body>;

const toItem = ({ workspaceId: place, id, createdAt }: Secret, value: string): SecretItem => ({
  server_id: place,
  id,
  secret: value,
  created_at: new Date(createdAt).toISOString(),
});

export function secretSection({ clock }: { readonly clock: Clock }): Section<SecretSectionStores> {
  return section({
    member: 'secrets',
    body,
    holds: ['place'],
    most: mostSecrets,
    placeMember: 'server_id',
    nameOf: ({ server_id: place, id }) => `${place} ${id}`,
    placeOf: ({ server_id: place }) => place,
    async *list({ secrets }, tenant, place) {
      if (place === undefined) return;
      const all = await secrets.list(tenant, workspaceId(place));
      const values = await secrets.open(tenant, workspaceId(place));
      for (const secret of all) {
        const value = values.get(secret.id);
        if (value !== undefined) yield toItem(secret, value);
      }
    },
    async find({ secrets }, tenant, { server_id: place, id }) {
      const found = await secrets.find(tenant, workspaceId(place), secretId(id));
      const value = (await secrets.open(tenant, workspaceId(place), [secretId(id)])).get(secretId(id));
      return found === undefined || value === undefined ? undefined : toItem(found, value);
    },
    faults: ({ id, secret }) =>
      Promise.resolve([
        ...faultsFrom(() => {
          checkSecretName(id);
        }),
        ...(secret.length > longestValue
          ? [{ pointer: '/secret', message: `must have at most ${String(longestValue)} characters` }]
          : []),
      ]),
    complete: (item, stored) =>
      Promise.resolve({
        ...item,
        created_at: stored?.created_at ?? item.created_at ?? new Date(clock.now()).toISOString(),
      }),
    async write({ secrets }, tenant, { server_id: place, id, secret: value, created_at: at }, stored) {
      const now = clock.now();
      const secret: Secret = {
        tenantId: tenant,
        workspaceId: workspaceId(place),
        id: secretId(id),
        createdAt: at === undefined ? now : Date.parse(at),
        updatedAt: now,
      };
      await (stored === undefined ? secrets.insert(secret, value) : secrets.update(secret, value));
    },
    secrets: ({ secret, ...item }, map) => ({ ...item, secret: map(secret, 'secret') }),
  });
}
