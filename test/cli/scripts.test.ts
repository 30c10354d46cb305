/** Scripts from the command line: tried out on this machine, published and taken back on a whole platform. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { systemClock } from '../../server/kernel/clock.ts';
import { createTenantService } from '../../server/tenants/tenant.service.ts';
import { gatehouseIn } from '../support/command-line.ts';
import { testRuntime, typed } from '../support/scripts.ts';
import { startWebLogin, type WebLogin } from '../support/web-login.ts';

describe('scripts on the command line', function () {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-cli-'));
  });
  after(() => rm(directory, { recursive: true }));
  const gatehouse = (...args: readonly string[]) => gatehouseIn(directory, args);
  const file = async (name: string, content: unknown): Promise<string> => {
    const path = join(directory, name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  describe('tried out', () => {
    let isolation: readonly string[];
    before(async () => {
      // It says where there are no namespaces.
      const runtime = await testRuntime({ children: 1 });
      await runtime.stop();
      const { platform } = process;
      const bare = platform !== 'linux' || process.env['REQUIRE_NAMESPACES'] !== '1';
      isolation = bare ? ['--isolation', 'none'] : [];
    });
    const risk = typed(
      `const answer = await api.fetch('https://risk.example.com/score', { method: 'POST', json: { sub: event.user.id } });
      if (answer.body.score > 90) return api.deny('risk', { score: answer.body.score });
      const org = await api.redirect('org-picker', { data: {} });
      console.log('chosen', org.data.id);
      api.claims.set('org', org.data.id);`,
      `net: [{ host: 'risk.example.com', methods: ['POST'] }], effects: ['claims', 'deny', 'redirect'],`,
    );
    const asked = (score: number) => [{ method: 'POST', url: 'https://risk.example.com/score', json: { score } }];
    const input = { user: { id: 'ada' } };
    const effects = [{ effect: 'claims', name: 'org', value: 'treasury' }];
    const test = async (script: string, fixtures: unknown) =>
      gatehouse('scripts', 'test', await file('risk.ts', script), await file('cases.json', fixtures), ...isolation);

    it('passes where all comes out as written, through a redirect and its answer', async () => {
      const { exit, out, said } = await test(risk, [
        {
          name: 'high risk',
          input,
          fetch: asked(95),
          expect: { kind: 'denied', reason: 'risk', details: { score: 95 } },
        },
        { name: 'goes away', input, fetch: asked(1), expect: { kind: 'suspended', suspend: 'redirect' } },
        { name: 'comes back', input, fetch: asked(1), resumes: [{ data: { id: 'treasury' } }], expect: { effects } },
      ]);
      assert.equal(exit, 0, out + said);
      assert.match(out, /^passed {2}high risk$/m);
      assert.match(out, /^3 passed, 0 failed$/m);
    });

    it('fails, with what it found and what the script said, where one does not', async () => {
      const wrong = {
        name: 'wrong',
        input,
        fetch: asked(1),
        resumes: [{ data: { id: 'other' } }],
        expect: { effects },
      };
      const { exit, out } = await test(risk, [wrong]);
      assert.equal(exit, 1);
      assert.match(out, /^FAILED {2}wrong$/m);
      assert.match(out, /effects is .*"other".*and .*"treasury".* was expected/);
      assert.match(out, /log: chosen other/);
      assert.match(out, /^0 passed, 1 failed$/m);
    });

    it('sends nothing anywhere: what no answer is written for fails, and is named', async () => {
      const { exit, out } = await test(risk, [{ name: 'alone', input, expect: { kind: 'ok' } }]);
      assert.equal(exit, 1);
      assert.match(out, /no answer is written for POST https:\/\/risk\.example\.com\/score/);
    });

    it('comes out the same each time, clock and chance as well', async () => {
      const chance = typed(
        `api.claims.set('chance', [Math.random(), Date.now(), api.crypto.uuid()].join(' '));`,
        `effects: ['claims'],`,
      );
      const wrong = [{ name: 'chance', expect: { effects: [] } }];
      const [once, twice] = [await test(chance, wrong), await test(chance, wrong)];
      assert.match(once.out, /chance/);
      assert.equal(once.out, twice.out);
    });

    it('says where a source does not compile, and what is wrong with fixtures', async () => {
      const broken = await test('export default defineScript({ run( {', [{ name: 'x', expect: {} }]);
      assert.equal(broken.exit, 1);
      assert.match(broken.said, /risk\.ts:1:\d+: /);
      for (const bad of ['[{', {}, [], [{ name: 'x' }], [{ name: 'x', expect: { kind: 'fine' } }]]) {
        const { exit, said } = await test(risk, bad);
        assert.equal(exit, 2, JSON.stringify(bad));
        assert.match(said, /cases\.json/);
      }
      const there = await file('cases.json', [{ name: 'x', expect: {} }]);
      const gone = join(directory, 'gone');
      for (const names of [
        [gone, there],
        [there, gone],
      ] as const) {
        const { exit, said } = await gatehouse('scripts', 'test', ...names, ...isolation);
        assert.equal(exit, 2, said);
        assert.match(said, /gone cannot be read: there is no such file/);
      }
    });

    it('passes the cases of the guide', async () => {
      const [script, cases] = ['risk.js', 'risk.cases.json'].map((name) =>
        fileURLToPath(new URL(`../../examples/scripts/${name}`, import.meta.url)),
      );
      const { exit, out, said } = await gatehouse('scripts', 'test', script ?? '', cases ?? '', ...isolation);
      assert.equal(exit, 0, out + said);
      assert.equal(out.match(/^passed {2}/gm)?.length, 4);
    });
  });

  describe('on a platform', () => {
    let house: WebLogin;
    before(async () => {
      house = await startWebLogin();
      const { unitOfWork } = house.platform;
      const service = createTenantService({ unitOfWork, clock: systemClock });
      const { clients } = await service.create({ id: 'acme', name: 'Acme', withDefaultWorkspace: true });
      const admin = clients.find(({ workspaceId }) => workspaceId === 'admin');
      assert.ok(admin);
      const place = ['--url', house.origin, '--tenant', 'acme', '--client-id', admin.id];
      await gatehouseIn(directory, ['login', ...place], { typed: admin.secret ?? '' });
    });
    after(() => house.stop());
    const at = ['--workspace', 'default'] as const;
    const ok = async (...args: readonly string[]) => {
      const { exit, out, said } = await gatehouse('scripts', ...args, ...at);
      assert.equal(exit, 0, said);
      return out;
    };
    const pointers = async () => {
      const listed = await ok('versions', 'risk', '--json');
      const all = z.array(z.looseObject({ id: z.string(), pointers: z.array(z.string()) })).parse(JSON.parse(listed));
      return Object.fromEntries(all.flatMap(({ id, pointers: of }) => of.map((one) => [one, id])));
    };

    it('publishes a draft, tries another on some logins, and goes back', async () => {
      assert.equal(await ok('create', 'risk'), 'risk\n');
      const first = typed('return;');
      const created = await gatehouse('scripts', 'draft', 'risk', await file('first.ts', first), ...at);
      assert.equal(created.exit, 0, created.said);
      const one = created.out.trim();
      assert.match(await ok('publish', 'risk'), new RegExp(`^${one.slice(0, 12)} runs\\.`));
      const two = (await ok('draft', 'risk', await file('second.ts', typed('return 2;')))).trim();
      assert.notEqual(one, two);
      assert.deepEqual(await pointers(), { live: one, draft: two });
      assert.match(await ok('publish', 'risk', '--canary', '5'), /runs for 5 of a hundred people/);
      assert.deepEqual(await pointers(), { live: one, canary: two, draft: two });
      assert.match(await ok('rollback', 'risk'), /runs\. Logins in flight keep theirs/);
      assert.deepEqual(await pointers(), { live: one, draft: two }, 'the canary is over');
      await ok('publish', 'risk', '--version', two.slice(0, 8));
      assert.deepEqual(await pointers(), { live: two, draft: two });
      await ok('rollback', 'risk');
      assert.deepEqual(await pointers(), { live: one, draft: two });
      const none = await gatehouse('scripts', 'rollback', 'risk', ...at);
      assert.deepEqual(
        [none.exit, none.said],
        [2, 'There is no version before the one that runs: say which by --version.\n'],
      );
      assert.match(await ok(), /^risk +risk$/m);
    });

    it('refuses what is no version, no share, and no script', async () => {
      for (const args of [
        ['publish', 'risk', '--version', 'ffffffffffff'],
        ['publish', 'risk', '--canary', '100'],
        ['publish', 'risk', '--canary', 'x'],
      ])
        assert.equal((await gatehouse('scripts', ...args, ...at)).exit, 2, args.join(' '));
      assert.equal((await gatehouse('scripts', 'publish', 'nothing', ...at)).exit, 1);
    });
  });
});
