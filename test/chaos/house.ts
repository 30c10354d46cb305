/** A running platform with places to crash at, and everything a test of crashes asks about it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type * as oidc from 'openid-client';
import { demoPoolId } from '../../server/bootstrap/demo-person.ts';
import type { Mechanism } from '../../server/pools/pool.ts';
import { tenantId, workspaceId } from '../../server/kernel/ids.ts';
import { createLoginClient, type LoginState } from '../../workflows/client.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { armBarrier, type ArmedBarrier } from '../support/chaos/barrier.ts';
import { terms } from '../support/plugins/terms/terms.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { connect } from '../support/relying-party.ts';
import { createMeans, type InHand, type Means } from './means.ts';

/** What is killed; the last one comes back without anything it knew, as after a restore of an older backup. */
export type Victim = 'server' | 'worker' | 'Temporal' | "Temporal's data";

/** An application that asks for a decision each time, one that needs none, and one whose people agree to terms first. */
export type Application = 'asking' | 'trusted' | 'terms';

/** Rows that a login leaves behind. */
export interface Rows {
  readonly granted: number;
  readonly denied: number;
  readonly consents: number;
  readonly grants: number;
  readonly snapshots: number;
  /** Codes that were exchanged for tokens. */
  readonly redeemed: number;
  readonly succeededEvents: number;
  readonly deniedEvents: number;
}

export interface House {
  readonly platform: TestPlatform;
  readonly office: BackOffice;
  readonly applications: Readonly<Record<Application, oidc.Configuration>>;
  /** By what people of the pool sign in from now on, as often as they like. */
  allow(ways: readonly Mechanism[]): Promise<void>;
  /** Makes ready what a person signs in with. @param of what the pool allows by now */
  equip(of: Means): Promise<InHand>;
  arm(place: string): Promise<ArmedBarrier>;
  /** SIGKILL by pid; gone when this resolves. */
  kill(victim: Victim): Promise<void>;
  restart(victim: Victim): Promise<void>;
  count(): Promise<Rows>;
  /** The login that the page at `/login/{uid}` belongs to. @returns undefined once nobody knows it */
  loginOf(uid: string): Promise<string | undefined>;
  /** How the login's workflow ended; waits for an end, up to `patienceMs`. @returns undefined where Temporal knows none */
  workflowOf(login: string, patienceMs: number): Promise<LoginState | undefined>;
  close(): Promise<void>;
}

const demo = { tenant: tenantId('default'), workspace: workspaceId('demo') };

/** @param databaseUrl `mysql://…`; a SQLite file by default */
export async function openHouse(databaseUrl?: string): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-chaos-'));
  const database = databaseUrl === undefined ? {} : { databaseUrl };
  const platform = await startTestPlatform({
    ...database,
    entry: 'test/support/chaos-start.ts',
    env: { CHAOS_DIR: folder },
  });
  const office = await openBackOffice(platform, databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }, [
    terms,
  ]);
  const asking = await office.addClient({ client_name: 'Asks each time' });
  const trusted = await office.addClient({ client_name: 'Never asks' }, true);
  const withTerms = await office.addClient({ client_name: 'Has terms' });
  const exempt = { version: 1, url: 'https://app.example/terms', exempt_clients: [asking.id, trusted.id] };
  await office.changeSettings({ plugins: { terms: exempt } });
  const { temporal } = platform;
  const logins = createLoginClient({
    cluster: { address: temporal.address },
    namespace: temporal.namespace,
    taskQueue: 'gatehouse',
    keys: office.platform.keyRing,
  });
  const processOf = { server: platform.server, worker: platform.worker };

  return {
    platform,
    office,
    applications: {
      asking: await connect(platform.issuer, asking),
      trusted: await connect(platform.issuer, trusted),
      terms: await connect(platform.issuer, withTerms),
    },
    async allow(authenticationMechanisms) {
      const { pools } = office.platform.stores;
      const pool = await pools.find(demo.tenant, demoPoolId);
      if (pool === undefined) throw new Error('the demonstration has no pool');
      await pools.update({ ...pool, authenticationMechanisms });
      await office.forgiveAttempts();
    },
    equip: createMeans(platform, office),
    arm: (place) => armBarrier(folder, place),
    async kill(victim) {
      if (victim === 'server' || victim === 'worker') return processOf[victim].kill();
      const { pid } = temporal;
      process.kill(pid, 'SIGKILL');
      while (isAlive(pid)) await delay(5);
      await temporal.halt();
      if (victim === 'Temporal') return;
      const files = (await readdir(temporal.dataDir)).filter((name) => name.startsWith('temporal.db'));
      for (const name of files) await rm(join(temporal.dataDir, name));
    },
    async restart(victim) {
      if (victim === 'server' || victim === 'worker') return processOf[victim].start();
      const before = temporal.pid;
      await temporal.resume();
      if (temporal.pid === before) throw new Error('Temporal was never killed');
    },

    async count() {
      const of = (table: string, where = {}) => office.count(table, where);
      const codes = { model: 'AuthorizationCode' };
      return {
        granted: await of('interactions', { state: 'granted' }),
        denied: await of('interactions', { state: 'denied' }),
        consents: await of('consents'),
        grants: await of('oidc_artifacts', { model: 'Grant' }),
        snapshots: await of('authentication_snapshots'),
        redeemed: (await of('oidc_artifacts', codes)) - (await of('oidc_artifacts', { ...codes, consumed_at: null })),
        succeededEvents: await of('audit_events', { subject: 'login', action: 'succeeded' }),
        deniedEvents: await of('audit_events', { subject: 'login', action: 'denied' }),
      };
    },

    async loginOf(uid) {
      return (await office.platform.stores.interactions.findByUid(demo.tenant, demo.workspace, uid))?.id;
    },

    async workflowOf(login, patienceMs) {
      for (const deadline = Date.now() + patienceMs; ; await delay(50)) {
        const state = await logins.describe(login).catch(() => undefined);
        if ((state !== undefined && state.status !== 'running') || Date.now() > deadline) return state;
      }
    },

    async close() {
      await logins.close();
      await office.close();
      await platform.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** What was written between two counts. */
export function rowsBetween(before: Rows, after: Rows): Rows {
  const names = Object.keys(before) as (keyof Rows)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as unknown as Rows;
}
