/** Scripts that say what tokens say, in a whole platform: what they add, what they cannot touch, and what their failure costs. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeJwt, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { Client } from '../../../server/clients/client.ts';
import { scriptJudges } from '../../../server/compose-scripts.ts';
import { createRehearsals } from '../../../server/extensions/script-rehearsal.ts';
import { createScriptReplayService } from '../../../server/extensions/script-replay.service.ts';
import type { ScriptRunInfo } from '../../../server/extensions/script-run.ts';
import { createScriptShadowService } from '../../../server/extensions/script-shadow.service.ts';
import { createScriptService } from '../../../server/extensions/script.service.ts';
import { systemClock as clock } from '../../../server/kernel/clock.ts';
import { scriptId } from '../../../server/kernel/ids.ts';
import { freeTurns } from '../../support/recorded-runs.ts';
import { createWebBrowser } from '../../support/web-browser.ts';
import { asking, callback, password, place, startWebLogin, type WebLogin } from '../../support/web-login.ts';

const tokens = z.object({
  access_token: z.string(),
  id_token: z.string().optional(),
  refresh_token: z.string().optional(),
});

describe('scripts that say what tokens say', function () {
  const { tenantId, workspaceId } = place;
  let house: WebLogin;
  let client: Client;
  before(async () => {
    house = await startWebLogin({ SCRIPTS_CHILDREN: '2' });
    client = await house.addClient(
      { grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] },
      true,
    );
    await house.addPerson('ada@here.example');
  });
  after(() => house.stop());
  beforeEach(() => house.platform.database('throttles').delete());

  let number = 0;
  async function bind(point: 'token_minting' | 'client_token_minting', body: string | undefined): Promise<void> {
    const { unitOfWork, scriptCompiler: compiler, stores } = house.platform;
    const target = point === 'token_minting' ? workspaceId : client.id;
    const at = { tenantId, workspaceId, type: point, target } as const;
    if (body === undefined) await stores.executionPoints.remove(at);
    else {
      const id = `mint-${String((number += 1))}`;
      const words = { name: 'Mint', envVersion: '', testInput: '', body };
      await createScriptService({ unitOfWork, compiler, clock }).create(tenantId, workspaceId, id, words);
      await stores.executionPoints.put({ ...at, scriptId: scriptId(id) });
    }
    // What is bound is believed for a second.
    await delay(1050);
  }
  async function ask(parameters: Readonly<Record<string, string>>) {
    const basic = Buffer.from(`${client.id}:${client.secret ?? ''}`).toString('base64');
    const answer = await fetch(`${house.issuer}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams(parameters),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }
  async function redeem() {
    const browser = createWebBrowser(house.origin);
    const login = await browser.open(asking(house.issuer, client, { prompt: 'login', scope: 'openid profile email' }));
    const done = await browser.submit(login, '/authenticate', { identifier: 'ada@here.example', password });
    return ask({
      grant_type: 'authorization_code',
      code: done.url.searchParams.get('code') ?? '',
      redirect_uri: callback,
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    });
  }
  const read = (body: unknown): { access: JWTPayload; id: JWTPayload } => {
    const { access_token: access, id_token: id = '..' } = tokens.parse(body);
    return { access: decodeJwt(access), id: id === '..' ? {} : decodeJwt(id) };
  };

  it('add to both tokens, the workspace’s first and then the client’s, which sees what was added', async () => {
    await bind(
      'token_minting',
      `module.exports = async ({ access_token, id_token }) => ({
         access_token: { tier: 'gold', who: access_token.sub }, id_token: { tier: id_token.sub === access_token.sub } });`,
    );
    await bind(
      'client_token_minting',
      `module.exports = async (c) => ({ access_token: { both: c.access_token.tier + '!' } });`,
    );
    const { status, body } = await redeem();
    assert.equal(status, 200, JSON.stringify(body));
    const { access, id } = read(body);
    assert.deepEqual([access['tier'], access['both'], access['who']], ['gold', 'gold!', access.sub]);
    assert.equal(id['tier'], true);
    await bind('client_token_minting', undefined);
    const own = read((await ask({ grant_type: 'client_credentials' })).body).access;
    assert.deepEqual([own['tier'], own['who']], ['gold', client.id]);
  });

  it('cannot say who a token is of, for whom, until when, what it allows and what it is bound to', async () => {
    const forged = `{ iss: 'evil', sub: 'evil', aud: 'evil', exp: 9999999999, iat: 1, nbf: 1, jti: 'evil', nonce: 'evil',
      at_hash: 'evil', c_hash: 'evil', cnf: { jkt: 'evil' }, scope: 'admin', scp: ['admin'], client_id: 'evil', azp: 'evil',
      acr: 'evil', amr: ['evil'], auth_time: 1, sid: 'evil', tid: 'evil', aid: 'evil', idp: 'evil', idp_sub: 'evil',
      authorization_details: [{ type: 'evil' }], act: { sub: 'evil' }, tenant_id: 'evil', server_id: 'evil',
      _claim_names: { email: 'evil' }, _claim_sources: { evil: { endpoint: 'https://evil.example' } }, fine: true }`;
    await bind('token_minting', `module.exports = async () => ({ access_token: ${forged}, id_token: ${forged} });`);
    const { access, id } = read((await redeem()).body);
    for (const token of [access, id]) {
      assert.equal(token['fine'], true);
      assert.doesNotMatch(JSON.stringify(token), /evil|admin|9999999999/);
      assert.notEqual(token.iat, 1);
    }
  });

  it('let nobody have a token when they fail, and say nothing of why', async () => {
    for (const body of [
      `module.exports = async () => { throw new Error('secret reason'); };`,
      'module.exports = async () => { for (;;); };',
      `module.exports = async () => ({ access_token: 'none' });`,
      `module.exports = async () => ({ access_token: { long: 'x'.repeat(10000) } });`,
    ]) {
      await bind('token_minting', body);
      const answers = [await redeem(), await ask({ grant_type: 'client_credentials' })];
      for (const answer of answers) {
        assert.ok(answer.status >= 400, body);
        assert.equal(answer.body['error'], 'server_error');
        assert.doesNotMatch(JSON.stringify(answer.body), /secret reason|_token":/);
      }
    }
  });

  it('deny tokens', async () => {
    await bind(
      'token_minting',
      `import { defineScript } from '@gatehouse/scripts/token-minting';
       export default defineScript({ runtime: '2026-11', effects: ['deny'], async run(event, api) { api.deny('no'); } });`,
    );
    const { status, body } = await redeem();
    assert.equal(status, 400);
    assert.equal(body['error'], 'access_denied');
  });

  it('that are typed set claims of both', async () => {
    await bind(
      'token_minting',
      `import { defineScript } from '@gatehouse/scripts/token-minting';
       export default defineScript({ runtime: '2026-11', effects: ['claims'], async run(event, api) {
         api.claims.set('grant', event.transaction.grantType); api.claims.set('sub', 'evil'); } });`,
    );
    const { access, id } = read((await redeem()).body);
    assert.deepEqual([access['grant'], id['grant']], ['authorization_code', 'authorization_code']);
    assert.notEqual(id.sub, 'evil');
  });

  describe('are kept as runs', () => {
    const services = () => {
      const { stores, unitOfWork, rehearsalRuntime } = house.platform;
      const { scripts, scriptRuns, secrets, scriptAnswers: answers } = stores;
      const rehearsals = createRehearsals({ run: rehearsalRuntime.run, secrets, answers });
      const parts = { scripts, scriptRuns, rehearsals, judges: scriptJudges };
      return {
        replays: createScriptReplayService({ ...parts, turns: freeTurns() }),
        shadows: createScriptShadowService({ ...parts, unitOfWork, turns: freeTurns(), clock }),
      };
    };
    const bound = () => ({ tenantId, workspaceId, id: scriptId(`mint-${String(number)}`) });
    /** What was written once the answers were given is waited for. */
    async function runsOf(count: number): Promise<readonly ScriptRunInfo[]> {
      for (;;) {
        const query = { limit: 100, order: 'asc', isEnded: true } as const;
        const { items } = await house.platform.stores.scriptRuns.list(bound(), query);
        if (items.length >= count) return items;
        await delay(20);
      }
    }

    it('that give the same again, and are held against another version', async () => {
      await bind(
        'token_minting',
        `module.exports = async ({ access_token }) =>
           ({ access_token: { lucky: Math.random(), at: Date.now(), who: access_token.sub } });`,
      );
      await bind('client_token_minting', undefined);
      for (const _each of [1, 2]) assert.equal((await ask({ grant_type: 'client_credentials' })).status, 200);
      const runs = await runsOf(2);
      const { replays, shadows } = services();
      for (const run of runs) {
        assert.deepEqual([run.point, String(run.interactionId)], ['token_minting', run.id], 'it is of no login');
        const { differs, outcome } = await replays.replay(bound(), run.id);
        assert.deepEqual([differs, outcome], [[], 'passed']);
      }
      const { unitOfWork, scriptCompiler: compiler } = house.platform;
      const service = createScriptService({ unitOfWork, compiler, clock });
      const shadowOf = async (source: string) => {
        const { version } = await service.draft(bound(), source);
        const found: unknown[] = [];
        for await (const { kind, changes } of shadows.shadow(bound(), { version, last: 10 }))
          found.push([kind, changes]);
        return found;
      };
      const same = `module.exports = async ({ access_token }) =>
        ({ access_token: { who: access_token.sub, lucky: Math.random(), at: Date.now() }, id_token: null });`;
      assert.deepEqual(await shadowOf(same), [
        ['same', []],
        ['same', []],
      ]);
      const other = `module.exports = async ({ access_token }) =>
        ({ access_token: { who: access_token.sub + '!', lucky: Math.random(), at: Date.now(), sub: 'evil' } });`;
      assert.deepEqual(await shadowOf(other), [
        ['changed', ['access_token.who']],
        ['changed', ['access_token.who']],
      ]);
      assert.deepEqual(await shadowOf(`module.exports = async () => ({ access_token: 'none' });`), [
        ['error', ['outcome']],
        ['error', ['outcome']],
      ]);
      const elsewhere = `import { defineScript } from '@gatehouse/scripts/post-authn';
        export default defineScript({ runtime: '2026-11', async run() {} });`;
      assert.deepEqual(await shadowOf(elsewhere), [
        ['error', []],
        ['error', []],
      ]);
    });

    it('also where they fail, under the reference that the log has', async () => {
      await bind('token_minting', `module.exports = async () => { throw new Error('no luck: ' + Math.random()); };`);
      assert.equal((await ask({ grant_type: 'client_credentials' })).body['error'], 'server_error');
      const [run] = await runsOf(1);
      assert.ok(run);
      const { differs, outcome, fault } = await services().replays.replay(bound(), run.id);
      assert.deepEqual([differs, outcome, fault], [[], 'failed', 'exception']);
      await bind('token_minting', undefined);
    });
  });
});
