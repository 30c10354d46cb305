/** A script asks two people, on real rows: five days pass in a moment, and the login goes on with what they said. */
import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createApprovalActivities, requesterLetters } from '../../../server/approvals/approval.activities.ts';
import { createApprovalWatch, type ApprovalWatch } from '../../../server/approvals/approval-watch.ts';
import { createScriptCompiler } from '../../../server/extensions/script-compiler.ts';
import { createScriptService } from '../../../server/extensions/script.service.ts';
import type { Interaction } from '../../../server/interactions/interaction.ts';
import { provenSoFar } from '../../../server/interactions/proven-so-far.ts';
import { scriptId } from '../../../server/kernel/ids.ts';
import type { User } from '../../../server/users/user.ts';
import { createApprovalClient, type ApprovalClient } from '../../../workflows/client.ts';
import { openApprovalRows, type ApprovalRows } from '../../support/approval-rows.ts';
import { onEachDatabase } from '../../support/databases.ts';
import { newMove, openLoginHouse, type LoginHouse } from '../../support/login-worker.ts';
import { silentLog } from '../../support/recording-log.ts';
import { testRuntime, typed, type ScriptsRuntime } from '../../support/scripts.ts';
import { unitOfWorkOn } from '../../support/stores.ts';
import { startTimeSkipping, type TimeSkipping } from '../../support/time-skipping.ts';

const day = 86_400_000;
const source = typed(
  `const d = await api.approval({ group: 'treasury', quorum: 2, timeout: '5d', reason: 'Treasury access' });
   if (!d.approved) return api.deny('not_approved', { outcome: d.outcome });
   api.claims.set('approvals', d.decisions.map(({ by, name, approved, reason, at }) => ({ by, name, approved, reason, at })));`,
  `effects: ['approval', 'claims', 'deny'],`,
);

onEachDatabase('a login for which two people are asked', (open) => {
  let knex: Knex;
  let server: TimeSkipping;
  let runtime: ScriptsRuntime;
  let rows: ApprovalRows;
  let house: LoginHouse;
  let client: ApprovalClient;
  let watch: ApprovalWatch;
  let bob: User;
  let eve: User;
  let login: Interaction;

  before(async function () {
    runtime = await testRuntime({ children: 1 });
  });
  after(() => runtime.stop());

  beforeEach(async function () {
    try {
      // One for each: a workflow whose worker has gone would keep the time of the next one from passing.
      server = await startTimeSkipping();
    } catch (error) {
      process.stdout.write(`      skipped, no time-skipping server: ${String(error)}\n`);
      this.skip();
    }
    knex = await open();
    await knex('approvals').delete();
    rows = await openApprovalRows(knex, (request) => runtime.run(request));
    const { clock, stores, unitOfWork, idp } = rows;
    const approvals = createApprovalActivities({
      unitOfWork,
      letters: ({ mails }) => mails.map((to) => ({ channel: 'mail', to, subject: 's', text: 't' })),
      mails: true,
      issuerOf: () => 'https://id.example/acme/shop',
      clock,
      log: silentLog,
    });
    house = await openLoginHouse({ address: server.address, activities: { ...rows.activities, ...approvals } });
    const { taskQueue, keys } = house;
    client = createApprovalClient({ cluster: { address: server.address }, namespace: 'default', taskQueue, keys });
    const dataKeys = { ensure: () => Promise.resolve() } as never;
    watch = createApprovalWatch({ ...stores, unitOfWork, dataKeys, workflows: client, clock, log: silentLog });
    const compiler = createScriptCompiler({ compile: runtime.compile });
    const scripts = createScriptService({ unitOfWork: unitOfWorkOn(knex, clock), compiler, clock });
    const { tenantId, workspaceId } = idp;
    await scripts.create(tenantId, workspaceId, 'ask', { name: 'Ask', envVersion: '', testInput: '', body: source });
    const at = { tenantId, workspaceId, type: 'post_authn_ctx', target: idp.id } as const;
    await stores.executionPoints.put({ ...at, scriptId: scriptId('ask') });
    bob = await rows.person('Bob', 'treasury');
    eve = await rows.person('Eve', 'night-shift');
    login = await rows.begin({ lifetimeMs: 10 * day });
    const proof = await rows.prove(login, rows.password);
    const start = { ...rows.start(login), lifetimeMs: 10 * day };
    const next = await house.client.advance(start, [newMove('authenticate', proof.id)]);
    assert.deepEqual(next, { kind: 'step', step: 'script' });
    await watch.look();
    await until(async () => (await approval()).reminders === 1);
  });
  afterEach(async function () {
    if (this.currentTest?.isPending() === true) return;
    await client.close();
    await house.close();
    await server.stop();
  });

  /** Without letting time pass. */
  async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((later) => setTimeout(later, 20));
  }
  async function approval() {
    const query = { limit: 1, order: 'asc' } as const;
    const [found] = (await rows.stores.approvals.list(login.tenantId, login.workspaceId, query)).items;
    assert.ok(found);
    return found;
  }
  async function ofLogin({ tenantId, workspaceId, id }: Interaction) {
    const { items } = await rows.stores.approvals.list(tenantId, workspaceId, { limit: 10, order: 'asc' });
    return items.find(({ interactionId }) => interactionId === id);
  }
  const pass = async (milliseconds: number): Promise<void> => {
    rows.clock.set(rows.clock.now() + milliseconds);
    await server.skip(milliseconds);
  };
  const say = async (user: User, approves = true) => {
    const words = { approves, name: String(user.payload['name']), reason: `As ${user.id} says` };
    return rows.approvals.decide(rows.signedIn(user), (await approval()).id, words);
  };
  const step = async () => (await rows.row(login))?.step;
  const mailed = async (): Promise<number> => (await knex('messages').where({ tenant_id: login.tenantId })).length;

  it('goes on after days, with who approved and why', async () => {
    assert.equal(await mailed(), 2);
    await pass(day + 1000);
    assert.equal(await say(bob), 'kept');
    const saidAt = rows.clock.now();
    await watch.look();
    await pass(day);
    await pass(day);
    await pass(day);
    await until(async () => (await approval()).reminders === 5);
    assert.equal(await step(), 'script');
    assert.equal(await mailed(), 2 + 1 + 1 + 1 + 1 + 1, 'one was asked by then, and who has decided is asked no more');
    assert.equal(await say(eve), 'kept');
    await watch.look();
    await until(async () => (await step()) === 'consent');
    const proven = provenSoFar(await rows.stores.proofs.listOf(login.tenantId, login.workspaceId, login.id));
    assert.deepEqual(proven?.context['approvals'], [
      { by: bob.id, name: 'Bob', approved: true, reason: `As ${bob.id} says`, at: saidAt },
      { by: eve.id, name: 'Eve', approved: true, reason: `As ${eve.id} says`, at: rows.clock.now() },
    ]);
  });

  it('is denied by its script after five days in which one of two approved', async () => {
    await say(bob);
    await watch.look();
    for (let days = 0; days < 5; days += 1) await pass(day);
    await until(async () => (await rows.row(login))?.state === 'denied');
    assert.equal((await rows.row(login))?.reason, 'script_denied');
    assert.equal((await approval()).state, 'expired');
    assert.equal(await say(eve), 'over');
  });

  it('hears of the end although no workflow told it: it looks by itself', async () => {
    // As if Temporal had lost what it knew of the approval: nobody looks at the watch from here on.
    await say(bob);
    await say(eve);
    await pass(2 * 3_600_000);
    await until(async () => (await step()) === 'consent');
  });

  it('that lives shorter than the script would wait ends the asking a minute before its own end', async () => {
    const short = await rows.begin({ lifetimeMs: 3_600_000 });
    const proof = await rows.prove(short, rows.password);
    const start = { ...rows.start(short), lifetimeMs: 3_600_000 };
    await house.client.advance(start, [newMove('authenticate', proof.id)]);
    await until(async () => (await ofLogin(short)) !== undefined);
    assert.equal((await ofLogin(short))?.expiresAt, short.expiresAt - 60_000);
    await pass(3_600_000 - 60_000);
    await until(async () => (await rows.row(short))?.state === 'denied');
    assert.equal((await rows.row(short))?.reason, 'script_denied', 'its script heard of it, and not of a dead login');
  });

  it('takes an approval along that ends with it', async () => {
    const end = { state: 'denied', reason: 'cancelled', at: rows.clock.now() } as const;
    await rows.stores.interactions.end(login.tenantId, login.workspaceId, login.id, end);
    await house.client.endedElsewhere(login.id);
    assert.equal(await say(bob), 'over');
    await pass(day + 1000);
    await until(async () => (await approval()).state === 'withdrawn');
  });

  it('whose approval was stopped by an operator is not approved', async () => {
    await rows.stores.approvals.end(await approval(), 'withdrawn', rows.clock.now());
    await watch.look();
    await until(async () => (await rows.row(login))?.state === 'denied');
  });
});

onEachDatabase('the letters of approvals', (open) => {
  it('tell of somebody who asks once, beside somebody who asks again and again', async () => {
    const knex = await open();
    await knex('approvals').delete();
    const rows = await openApprovalRows(knex);
    const bob = await rows.person('Bob', 'treasury');
    const mallory = await rows.person('Mallory');
    const { tenantId, workspaceId } = rows.idp;
    const activities = createApprovalActivities({
      unitOfWork: rows.unitOfWork,
      letters: ({ mails }) => mails.map((to) => ({ channel: 'mail', to, subject: 's', text: 't' })),
      mails: true,
      issuerOf: () => 'https://id.example/acme/shop',
      clock: rows.clock,
      log: silentLog,
    });
    const tell = async (by: User): Promise<number> => {
      const { id, interactionId, clientId, quorum } = await rows.ask(await rows.login(), {}, by);
      const start = {
        tenantId,
        workspaceId,
        clientId,
        interactionId,
        approvalId: id,
        title: 'App',
        quorum,
        lifetimeMs: 1,
      };
      await activities.remindApprovers(start, 1);
      const written = await knex('messages').where({ tenant_id: tenantId, owner_id: bob.id }).select(knex.raw('1'));
      return written.length;
    };
    for (let n = 1; n <= requesterLetters.burst; n += 1) assert.equal(await tell(mallory), n);
    assert.equal(await tell(mallory), requesterLetters.burst);
    assert.equal(await tell(rows.user), requesterLetters.burst + 1);
  });
});
