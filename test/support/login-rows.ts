/** A tenant whose application asks for a login: all the rows that a step decides from, on any database. */
import type { Knex } from 'knex';
import type { Client } from '../../server/clients/client.ts';
import { createExtensionRegistry } from '../../server/extension-points/registry.ts';
import type { Plugin } from '../../server/extension-points/plugin.ts';
import type { Idp } from '../../server/idps/idp.ts';
import { createAuthenticationActivities } from '../../server/interactions/interaction.activities.ts';
import { customApp } from '../../server/interactions/custom-app-step.ts';
import {
  createScriptExecutions,
  type ScriptExecutionDeps,
  type ScriptExecutions,
} from '../../server/extensions/script-execution.ts';
import { script } from '../../server/interactions/script-step.ts';
import { createScriptMetadata } from '../../server/interactions/script-metadata.ts';
import { createScriptSlices } from '../../server/interactions/script-slice.ts';
import { createScriptActivity } from '../../server/interactions/script.activities.ts';
import { createSchemaCheck } from '../../server/schemas/schema-check.ts';
import type { Interaction, ProvenPerson } from '../../server/interactions/interaction.ts';
import { PlatformAway } from '../../server/interactions/login-defect.ts';
import { createLoginCases } from '../../server/interactions/login-case.ts';
import type { Proof, ProofContent } from '../../server/interactions/proof.ts';
import { clientId, idpId, interactionId, newId, proofId } from '../../server/kernel/ids.ts';
import type { User } from '../../server/users/user.ts';
import { standardScopes } from '../../server/workspaces/scope.ts';
import type { WorkspaceSettings } from '../../server/workspaces/workspace.ts';
import type { AuthenticationActivities, LoginStart } from '../../workflows/contract/authentication.ts';
import { recordingLog, type LogLine } from './recording-log.ts';
import { noon, poolOf, userOf } from './seeded.ts';
import { heldClock, seedTenant, storesOf, unitOfWorkOn, type TestStores } from './stores.ts';

export const audience = 'https://id.example/acme/shop';

export interface LoginRows {
  readonly knex: Knex;
  readonly clock: ReturnType<typeof heldClock>;
  readonly stores: TestStores;
  readonly unitOfWork: ReturnType<typeof unitOfWorkOn>;
  readonly cases: ReturnType<typeof createLoginCases>;
  /** Step by step: no script has a place at once, so that each is run by the activity that the workflow asks then. */
  readonly activities: AuthenticationActivities;
  /** As a worker has them. */
  readonly atOnce: AuthenticationActivities;
  readonly executions: ScriptExecutions;
  readonly log: readonly LogLine[];
  readonly client: Client;
  readonly user: User;
  readonly idp: Extract<Idp, { method: 'identity_pool' }>;
  readonly ada: ProvenPerson;
  /** What the workflow is started with for the login that `begin` opened last. */
  start(interaction: Interaction): LoginStart;
  /** The engine's Interaction and our row. */
  begin(change?: {
    readonly params?: object;
    readonly row?: Partial<Interaction>;
    /** Milliseconds; a day by default. */
    readonly lifetimeMs?: number;
  }): Promise<Interaction>;
  /** A proof as the web tier keeps it. */
  prove(interaction: Interaction, content: ProofContent, members?: Partial<Proof>): Promise<Proof>;
  /** What Ada proves with her password. */
  readonly password: Extract<ProofContent, { kind: 'authenticated' }>;
  row(interaction: Interaction): Promise<Interaction | undefined>;
  count(table: string): Promise<number>;
  settings(settings: Partial<WorkspaceSettings>): Promise<void>;
}

/** @param run what runs scripts, where there are any */
export async function openLoginRows(
  knex: Knex,
  plugins: readonly Plugin[] = [],
  run: ScriptExecutionDeps['run'] = () => Promise.reject(new Error('no script is run in this test')),
): Promise<LoginRows> {
  const clock = heldClock();
  const stores = storesOf(knex, clock);
  const { tenant, workspace } = await seedTenant(knex);
  const place = { tenantId: tenant, workspaceId: workspace };
  const pool = poolOf(tenant);
  const user = userOf(tenant, pool.id, { payload: { name: 'Ada Lovelace', email: 'ada@example.com' } });
  const idp = {
    ...place,
    id: idpId('people'),
    name: 'People',
    enabled: true,
    method: 'identity_pool',
    poolId: pool.id,
  } as const;
  const client: Client = {
    ...place,
    id: clientId('app'),
    status: 'active',
    trusted: false,
    metadata: { client_name: 'App', redirect_uris: ['https://app.example/cb'] },
    secret: undefined,
    rotatedSecrets: [],
    createdAt: noon,
    updatedAt: noon,
  };
  await stores.pools.insert(pool);
  await stores.users.insert(user);
  await stores.identifiers.insert(tenant, pool.id, user.id, {
    type: 'email',
    value: 'ada@example.com',
    normalized: 'ada@example.com',
  });
  await stores.passwords.set(tenant, pool.id, user.id, '$argon2id$of-ada', undefined);
  await stores.idps.insert(idp);
  await stores.clients.insert(client);
  for (const scope of standardScopes) await stores.scopes.insert({ ...scope, ...place });

  const { log, lines } = recordingLog();
  const unitOfWork = unitOfWorkOn(knex, clock);
  const cases = createLoginCases({
    extensions: createExtensionRegistry(plugins),
    ownSteps: [script, customApp],
    now: () => clock.now(),
    audienceOf: () => audience,
  });
  const ada: ProvenPerson = {
    subject: 'sub-of-ada',
    idpId: idp.id,
    idpSubject: user.id,
    userId: user.id,
    amr: ['pwd'],
    acr: undefined,
    authTime: noon / 1000,
  };

  const writeMetadata = createScriptMetadata({ schemaCheck: createSchemaCheck() });
  const executions = createScriptExecutions({
    run,
    fetch: () => Promise.reject(new Error('nothing is fetched in this test')),
    secrets: stores.secrets,
    values: stores.scriptValues,
    answers: stores.scriptAnswers,
    clock,
  });
  const steps = { unitOfWork, cases, clock, log };
  const scripts = createScriptSlices({ ...steps, executions, writeMetadata });
  const busy = { ...scripts, run: () => Promise.reject(new PlatformAway()) };
  const atOnce = {
    ...createAuthenticationActivities({ ...steps, scripts }),
    ...createScriptActivity({ ...steps, scripts }),
  };
  return {
    knex,
    executions,
    clock,
    stores,
    unitOfWork,
    cases,
    atOnce,
    activities: { ...atOnce, ...createAuthenticationActivities({ ...steps, scripts: busy }) },
    log: lines,
    client,
    user,
    idp,
    ada,
    password: {
      kind: 'authenticated',
      person: ada,
      credential: { mechanism: 'password', mark: '1' },
      context: user.payload,
      satisfied: [`idp:${idp.id}`],
    },
    start: ({ id }) => ({
      ...place,
      clientId: client.id,
      interactionId: id,
      title: 'App',
      lifetimeMs: 3_600_000,
      firstStep: 'authenticate',
    }),
    async begin({ params = {}, row = {}, lifetimeMs = 86_400_000 } = {}) {
      const [uid, cid] = [newId(), newId()];
      const exp = (clock.now() + lifetimeMs) / 1000;
      await stores.artifacts.upsert(
        { ...place, model: 'Interaction' },
        uid,
        {
          kind: 'Interaction',
          returnTo: `${audience}/oauth2/authorize/${uid}`,
          cid,
          exp,
          prompt: { name: 'login', reasons: ['no_session'] },
          params: {
            client_id: client.id,
            scope: 'openid profile email',
            redirect_uri: 'https://app.example/cb',
            ...params,
          },
        },
        exp,
      );
      const interaction: Interaction = {
        ...place,
        id: interactionId(cid),
        uid,
        clientId: client.id,
        state: 'open',
        step: 'authenticate',
        person: undefined,
        reason: undefined,
        startedAt: clock.now(),
        expiresAt: exp * 1000,
        committedAt: undefined,
        attempt: undefined,
        ...row,
      };
      await stores.interactions.insertOnce(interaction);
      return interaction;
    },
    prove(interaction, content, members = {}) {
      return stores.proofs.insertOnce({
        ...place,
        id: proofId(newId()),
        interactionId: interaction.id,
        clientId: client.id,
        idpId: idp.id,
        update: content.kind === 'step' ? content.stepId : content.kind,
        nonce: newId(),
        content,
        createdAt: clock.now(),
        expiresAt: clock.now() + 600_000,
        consumedBy: undefined,
        ...members,
      });
    },
    row: ({ id }) => stores.interactions.find(tenant, workspace, id),
    async count(table) {
      const rows: readonly unknown[] = await knex(table).where({ tenant_id: tenant }).select(knex.raw('1'));
      return rows.length;
    },
    async settings(settings) {
      const found = await stores.workspaces.find(tenant, workspace);
      if (found !== undefined)
        await stores.workspaces.update({ ...found, settings: { ...found.settings, ...settings } });
    },
  };
}
