/** A person in Chromium looks after their passkeys: adds a second, names it, removes one, and is asked who they are where that is too long ago. */
import assert from 'node:assert/strict';
import type { Browser, CDPSession } from 'playwright-core';
import { poolId, tenantId } from '../../server/kernel/ids.ts';
import type { ArtifactRow } from '../../server/oauth2/artifact-row.ts';
import type { Mechanism } from '../../server/pools/pool.ts';
import { openBackOffice, type BackOffice } from '../support/back-office.ts';
import { launchBrowser } from '../support/browser.ts';
import { sitDown, type Person } from '../support/person.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

const place = { tenantId: tenantId('default'), poolId: poolId('demo-pool') };

describe('a person’s own account', function () {
  this.timeout(120_000);
  let browser: Browser;
  let platform: TestPlatform;
  let office: BackOffice;
  let person: Person;

  before(async function () {
    this.timeout(120_000);
    const launched = await launchBrowser();
    if (launched === undefined) this.skip(); // launchBrowser has printed why
    browser = launched;
    platform = await startTestPlatform();
    office = await openBackOffice(platform);
  });
  after(async () => {
    await browser.close();
    await office.close();
    await platform.stop();
  });
  beforeEach(async () => {
    await allow(['password', 'webauthn']);
    person = await sitDown(browser);
  });
  afterEach(() => person.leaves());

  async function allow(authenticationMechanisms: readonly Mechanism[]): Promise<void> {
    const pool = await office.platform.stores.pools.find(place.tenantId, place.poolId);
    assert.ok(pool);
    const settings = { ...pool.settings, preferred_authentication_mechanism: 'password' as const };
    await office.platform.stores.pools.update({ ...pool, authenticationMechanisms, settings });
  }

  /** A device with a passkey drawer of its own; one alone is at hand at a time. */
  async function device(cdp: CDPSession): Promise<string> {
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return authenticatorId;
  }

  const says = async (): Promise<void> => {
    await person.page.getByLabel('Email, phone or user name').fill('ada');
    await person.press('Continue');
    await person.page.getByLabel('Password', { exact: true }).fill(platform.person.password);
    await person.press('Sign in');
  };
  const add = async (name: string): Promise<void> => {
    await person.page.getByRole('link', { name: 'Add a passkey' }).click();
    await person.page.getByLabel('Name').fill(name);
    await person.press('Create a passkey');
    await person.page.getByText('Your passkey is ready.').waitFor();
  };
  const passkeys = async (): Promise<readonly string[]> => {
    const [user] = await office.platform.database<{ id: string }>('users').select('id');
    assert.ok(user);
    const { stores } = office.platform;
    const all = await stores.passkeys.listOf(place.tenantId, place.poolId, user.id as never);
    return all.map(({ name }) => name);
  };

  /** Puts the logins there were, and what the engine remembers of them, into the past. */
  async function age(seconds: number): Promise<void> {
    const { database, stores } = office.platform;
    const workspace = 'demo' as never;
    for (const grant of await database('authentication_snapshots').pluck('grant_id')) {
      const login = await stores.snapshots.find(place.tenantId, workspace, String(grant));
      if (login === undefined) continue;
      await stores.snapshots.removeByGrant(place.tenantId, workspace, login.grantId);
      const aged = { ...login, authTime: login.authTime - seconds };
      await stores.snapshots.insert(place.tenantId, workspace, aged, Date.now() + 3_600_000);
    }
    const sessions = () => database<ArtifactRow>('oidc_artifacts').where({ model: 'Session' });
    for (const { id_hash, payload } of await sessions().select('id_hash', 'payload')) {
      const session = JSON.parse(payload) as Readonly<Record<string, unknown>>;
      const aged = { ...session, loginTs: Number(session['loginTs']) - seconds };
      await sessions()
        .where({ id_hash })
        .update({ payload: JSON.stringify(aged) });
    }
    await database('users').update({ created_at: Date.now() - 7_200_000 });
  }

  it('takes a second passkey, names it, gives one up, and keeps the last way in', async () => {
    const { page } = person;
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const laptop = await device(cdp);

    await page.goto(`${platform.issuer}/demo`);
    await person.press('Sign in');
    await says();
    await person.press('Not now');
    await person.press('Allow');
    await person.meets('Hello, Ada Lovelace');
    // Signed in already, a link of the application leads there without another question.
    await page.getByRole('link', { name: 'Manage your account' }).click();
    await person.meets('Your account');
    await add('Laptop');
    await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: laptop });
    const phone = await device(cdp);
    await add('Fone');
    assert.deepEqual(await passkeys(), ['Laptop', 'Fone']);

    await page.getByRole('link', { name: 'Change Fone' }).click();
    await page.getByLabel('Name').fill('Phone');
    await person.press('Save');
    await page.getByText('Your passkey has its new name.').waitFor();
    await page.getByText('Phone', { exact: true }).waitFor();

    await age(400);
    // Otherwise it would answer what the login offers beside the field, before anybody sees it.
    await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: phone, enabled: false });
    await page.getByRole('link', { name: 'Change Laptop' }).click();
    await page.getByRole('heading', { name: 'Confirm it’s you' }).waitFor();
    assert.equal(await page.getByLabel('Email, phone or user name').inputValue(), platform.person.email);
    assert.deepEqual(await passkeys(), ['Laptop', 'Phone']);
    await says();
    await page.getByRole('heading', { name: 'Your passkey' }).waitFor({ timeout: 20_000 });
    await page.getByRole('link', { name: 'Remove this passkey' }).click();
    await person.press('Remove the passkey');
    await page.getByText('The passkey was removed.').waitFor();
    assert.deepEqual(await passkeys(), ['Phone']);

    await allow(['webauthn']);
    await page.getByRole('link', { name: 'Change Phone' }).click();
    await page.getByRole('link', { name: 'Remove this passkey' }).click();
    await page.getByText('This is your only way to sign in, so it cannot be removed.').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Remove the passkey' }).count(), 0);
    assert.deepEqual(await passkeys(), ['Phone']);
    await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: phone });
  });
});
