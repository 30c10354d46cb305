/** Processes of a deployment that have just begun: what workspaces share there, and what one of them never gets of another. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { newSecret, type Client } from '../../../server/clients/client.ts';
import { composeActivities } from '../../../server/compose-activities.ts';
import { composeDispatch } from '../../../server/compose-messages.ts';
import { composeApp } from '../../../server/compose-web.ts';
import { openPlatform, type Platform } from '../../../server/compose.ts';
import { loadConfig } from '../../../server/config.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { clientId, tenantId, workspaceId } from '../../../server/kernel/ids.ts';
import { insertTenant, prepareTenant } from '../../../server/tenants/new-tenant.service.ts';
import type { WorkspaceSettings } from '../../../server/workspaces/workspace.ts';
import { createDirectDeliveries } from '../../support/direct-deliveries.ts';
import { createDirectLogins } from '../../support/direct-logins.ts';
import { silentLog } from '../../support/recording-log.ts';
import { serve, type Answer, type AskOptions } from '../../support/serve.ts';

const host = 'localhost:8099';
const shop = workspaceId('default');
const app = clientId('app');
const redirectUri = 'https://app.example/cb';
const tenants = [tenantId('acme'), tenantId('bolt')] as const;
const [acme, bolt] = tenants;

interface Process {
  readonly platform: Platform;
  /** Statements so far. */
  readonly statements: readonly string[];
  ask(path: string, options?: AskOptions): Promise<Answer>;
  token(tenant: string, secret: string): Promise<Answer>;
  stop(): Promise<void>;
}

async function startProcess(dataDir: string): Promise<Process> {
  const config = loadConfig({ DATA_DIR: dataDir, PUBLIC_URL: `http://${host}`, DEMO: 'false' });
  const platform = await openPlatform(config, silentLog);
  const statements: string[] = [];
  platform.database.on('query', ({ sql }: { readonly sql: string }) => statements.push(sql));
  const dispatch = composeDispatch(
    platform,
    createDirectDeliveries(() => composeActivities(platform)),
  );
  const logins = {
    ...createDirectLogins(() => composeActivities(platform)),
    describe: () => Promise.resolve(undefined),
    healthy: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  };
  const served = await serve(
    composeApp(platform, { logins, dispatch, listenUrl: `http://${host}`, temporalUiUrl: undefined }),
  );
  const ask: Process['ask'] = (path, options = {}) =>
    served.ask(path, { ...options, headers: { ...options.headers, host } });
  return {
    platform,
    statements,
    ask,
    token: (tenant, secret) =>
      ask(`/${tenant}/${shop}/oauth2/token`, { ...form({ grant_type: 'client_credentials' }, secret) }),
    async stop() {
      await served.close();
      await dispatch.stop();
      await platform.close();
    },
  };
}

function form(fields: Readonly<Record<string, string>>, secret: string) {
  const headers = {
    authorization: `Basic ${Buffer.from(`${app}:${secret}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  return { method: 'POST', headers, body: new URLSearchParams(fields).toString() };
}

function accessToken(answer: Answer): string {
  return z.object({ access_token: z.string() }).parse(answer.json()).access_token;
}

describe('processes that have just begun', () => {
  let dataDir: string;
  let secrets: Readonly<Record<string, string>>;
  const running: Process[] = [];
  const start = async (): Promise<Process> => {
    const begun = await startProcess(dataDir);
    running.push(begun);
    return begun;
  };

  /** Two tenants whose workspaces and clients are the same, but for their keys and secrets. */
  async function seedTenants({ unitOfWork }: Platform): Promise<Readonly<Record<string, string>>> {
    const made: Record<string, string> = {};
    for (const tenant of tenants) {
      const prepared = await prepareTenant({ id: tenant, name: 'Shop', withDefaultWorkspace: true }, ['system'], clock);
      const secret = newSecret();
      const client: Client = {
        ...{
          tenantId: tenant,
          workspaceId: shop,
          id: app,
          status: 'active',
          trusted: false,
          secret,
          rotatedSecrets: [],
        },
        ...{ createdAt: prepared.tenant.createdAt, updatedAt: prepared.tenant.createdAt },
        metadata: {
          redirect_uris: [redirectUri],
          grant_types: ['client_credentials', 'authorization_code'],
          response_types: ['code'],
          token_endpoint_auth_method: 'client_secret_basic',
          scope: 'openid',
        },
      };
      made[tenant] = secret;
      await unitOfWork.run(async (stores) => {
        await insertTenant(stores, prepared);
        await stores.clients.insert(client);
      });
    }
    return made;
  }

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-cold-'));
    secrets = await seedTenants((await start()).platform);
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop();
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  const secretOf = (tenant: string): string => secrets[tenant] ?? '';

  it('answer a first token with as few statements as it takes: the workspace once, its parts, its client', async () => {
    const { token, statements } = await start();
    const before = statements.length;
    assert.equal((await token(acme, secretOf(acme))).status, 200);
    const asked = statements.slice(before);
    const read = asked.filter((sql) => sql.startsWith('select'));
    for (const table of ['workspaces', 'signing_keys', 'scopes', 'claims', 'clients', 'script_execution_points'])
      assert.equal(read.filter((sql) => sql.includes(`from \`${table}\``)).length, 1, `${table}:\n${read.join('\n')}`);
    assert.deepEqual([read.length, asked.length], [6, 7]);
  });

  it('sign for each workspace with its own key, also where both are asked first at the same time', async () => {
    const { ask, token } = await start();
    const answers = await Promise.all(tenants.map((tenant) => token(tenant, secretOf(tenant))));
    const keySets = await Promise.all(
      tenants.map(async (tenant) =>
        createLocalJWKSet((await ask(`/${tenant}/${shop}/.well-known/jwks.json`)).json() as JSONWebKeySet),
      ),
    );
    for (const [index, tenant] of tenants.entries()) {
      const [own, other] = [keySets[index], keySets[1 - index]];
      const jwt = accessToken(answers[index] ?? assert.fail('no answer'));
      assert.ok(own !== undefined && other !== undefined);
      const { payload } = await jwtVerify(jwt, own, { issuer: `http://${host}/${tenant}/${shop}` });
      assert.partialDeepStrictEqual(payload, { tid: tenant, aid: shop, client_id: app });
      await assert.rejects(jwtVerify(jwt, other), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
    }
  });

  it('know no token and no secret of another tenant, whichever workspace was asked first', async () => {
    for (const [first, second] of [
      [acme, bolt],
      [bolt, acme],
    ] as const) {
      const { ask, token } = await start();
      const foreign = accessToken(await token(first, secretOf(first)));
      // The first that this process hears of the second workspace is the attack.
      const shown = await ask(`/${second}/${shop}/userinfo`, { headers: { authorization: `Bearer ${foreign}` } });
      assert.equal(shown.status, 401);
      const said = await ask(`/${second}/${shop}/oauth2/introspect`, form({ token: foreign }, secretOf(second)));
      assert.deepEqual(said.json(), { active: false });
      assert.equal((await token(second, secretOf(first))).status, 401);
      const call = await ask(`/api/system/${second}/configuration`, {
        headers: { authorization: `Bearer ${foreign}` },
      });
      assert.equal(call.status, 401);
      const revoked = await ask(`/${second}/${shop}/oauth2/revoke`, form({ token: foreign }, secretOf(second)));
      assert.equal(revoked.status, 200);
      const still = await ask(`/${first}/${shop}/oauth2/introspect`, form({ token: foreign }, secretOf(first)));
      assert.partialDeepStrictEqual(still.json(), { active: true, tenant_id: first });
    }
  });

  it('take no cookie that another workspace has signed', async () => {
    const { ask, platform } = await start();
    const query = new URLSearchParams({
      ...{ client_id: app, response_type: 'code', redirect_uri: redirectUri, scope: 'openid' },
      ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' },
    });
    const begun = await ask(`/${acme}/${shop}/oauth2/authorize?${query.toString()}`);
    const uid = /\/login\/([^/?]+)/.exec(begun.headers.location ?? '')?.[1] ?? assert.fail('no login began');
    /** @returns where a browser is led whose cookie says that it began this login, signed with the key of a tenant's workspace */
    const resume = async (tenant: string) => {
      const key = Buffer.from(platform.deriveKey(`cookies ${tenant}/${shop}`)).toString('base64url');
      const cookie = `gatehouse_resume=${uid}`;
      const signature = createHmac('sha1', key).update(cookie).digest('base64url');
      const headers = { cookie: `${cookie}; gatehouse_resume.sig=${signature}` };
      return (await ask(`/${acme}/${shop}/oauth2/authorize/${uid}`, { headers })).headers.location ?? '';
    };
    assert.match(await resume(bolt), /\?ended$/);
    assert.doesNotMatch(await resume(acme), /\?ended$/);
  });

  it('see by the next second what another one changed between two touches, of that workspace alone', async () => {
    const [here, there] = [await start(), await start()];
    const ttl = (answer: Answer): unknown => {
      const { exp = 0, iat = 0 } = decodeJwt(accessToken(answer));
      return exp - iat;
    };
    const both = async (at: Process) => {
      const answers = await Promise.all(tenants.map((tenant) => at.token(tenant, secretOf(tenant))));
      return answers.map(ttl);
    };
    assert.deepEqual(
      [await both(here), await both(there)],
      [
        [3600, 3600],
        [3600, 3600],
      ],
    );
    await here.platform.unitOfWork.run(async ({ workspaces }) => {
      const found = await workspaces.find(acme, shop);
      assert.ok(found);
      const settings: WorkspaceSettings = { ...found.settings, access_token_ttl: '5m0s' };
      await workspaces.update({ ...found, settings });
    });
    // What a workspace is, is believed for a second.
    await delay(1050);
    assert.deepEqual(
      [await both(here), await both(there)],
      [
        [300, 3600],
        [300, 3600],
      ],
    );
  });
});
