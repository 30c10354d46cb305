/** Keeping, replacing and forgetting what scripts of a workspace know. */
import type { Clock } from '../kernel/clock.ts';
import { PlatformError, unprocessable } from '../kernel/errors.ts';
import type { Outbox } from '../kernel/events.ts';
import { secretId, type SecretId, type TenantId, type WorkspaceId } from '../kernel/ids.ts';
import type { UnitOfWork } from '../kernel/unit-of-work.ts';
import type { ScriptStore } from './script.ts';
import { checkSecretName, mostSecrets, type Secret, type SecretStore } from './secret.ts';

export interface SecretServiceStores {
  readonly secrets: Pick<SecretStore, 'find' | 'list' | 'insert' | 'update' | 'remove'>;
  readonly scripts: Pick<ScriptStore, 'listRunning'>;
  readonly outbox: Outbox;
}

export interface SecretPlace {
  readonly tenantId: TenantId;
  readonly workspaceId: WorkspaceId;
  readonly id: SecretId;
  /** Sees what is stored before it is changed, in the same transaction; what it throws stops the change. */
  readonly check?: (stored: Secret) => void;
}

export interface SecretService {
  /** @param value 1 to 16,384 characters. @throws PlatformError `unprocessable_entity`, `conflict` */
  create(tenant: TenantId, workspace: WorkspaceId, id: string, value: string): Promise<Secret>;
  /** Scripts that begin from now on have the other value. @throws PlatformError `not_found` */
  update(place: SecretPlace, value: string): Promise<Secret>;
  /** @throws PlatformError `not_found`, `conflict` while a script that runs names it */
  remove(place: SecretPlace): Promise<void>;
}

export function createSecretService(deps: {
  readonly unitOfWork: UnitOfWork<SecretServiceStores>;
  readonly clock: Clock;
}): SecretService {
  const { unitOfWork, clock } = deps;

  const get = async ({ secrets }: SecretServiceStores, place: SecretPlace): Promise<Secret> => {
    const secret = await secrets.find(place.tenantId, place.workspaceId, place.id);
    if (secret === undefined) throw new PlatformError('not_found', 'There is no such secret.');
    place.check?.(secret);
    return secret;
  };

  return {
    async create(tenantId, workspaceId, name, value) {
      checkSecretName(name);
      return unitOfWork.run(async ({ secrets, outbox }) => {
        if ((await secrets.list(tenantId, workspaceId)).length >= mostSecrets)
          throw unprocessable('', `A workspace has at most ${String(mostSecrets)} secrets.`);
        const now = clock.now();
        const secret: Secret = { tenantId, workspaceId, id: secretId(name), createdAt: now, updatedAt: now };
        await secrets.insert(secret, value);
        await tellOfSecret(outbox, secret, 'created');
        return secret;
      });
    },

    update: (place, value) =>
      unitOfWork.run(async (stores) => {
        const secret: Secret = { ...(await get(stores, place)), updatedAt: clock.now() };
        await stores.secrets.update(secret, value);
        await tellOfSecret(stores.outbox, secret, 'updated');
        return secret;
      }),

    remove: (place) =>
      unitOfWork.run(async (stores) => {
        const secret = await get(stores, place);
        const running = await stores.scripts.listRunning(secret.tenantId, secret.workspaceId);
        // Every login would fail that comes to the script.
        const user = running.find(({ manifest }) => manifest.secrets.includes(secret.id));
        if (user !== undefined)
          throw new PlatformError(
            'conflict',
            `The script ${user.id} runs and names this secret: publish it without first.`,
          );
        await stores.secrets.remove(secret.tenantId, secret.workspaceId, secret.id);
        await tellOfSecret(stores.outbox, secret, 'deleted');
      }),
  };
}

/** That scripts of the workspace know something else from now on, as an event of the workspace; never what. */
async function tellOfSecret(
  outbox: Outbox,
  { tenantId, workspaceId, id }: Secret,
  what: 'created' | 'updated' | 'deleted',
): Promise<void> {
  await outbox.append({
    tenantId,
    workspaceId,
    subject: 'server',
    action: 'updated',
    metadata: {},
    payload: { server_updated: { id: workspaceId, script_secret: { id, what } } },
  });
}
