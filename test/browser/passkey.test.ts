/** The script of passkeys in a real browser with an authenticator of its own, and the server's word on what it sends. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import type { Browser, CDPSession, Page } from 'playwright-core';
import {
  challengeFor,
  creationOptions,
  relyingPartyAt,
  requestOptions,
  verifyAssertion,
  verifyCreation,
} from '../../server/credentials/passkey/ceremony.ts';
import { answerIn, assertionBody, creationBody } from '../../server/credentials/passkey/passkey.body.ts';
import type { GivenPasskey } from '../../server/credentials/passkey/passkey.ts';
import { launchBrowser } from '../support/browser.ts';

const script = readFileSync(join(import.meta.dirname, '../../templates/default/assets/passkey.js'), 'utf8');
const handle = Buffer.from('the handle of ada').toString('base64url');

describe('passkeys in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: Server;
  let origin: string;
  let made: Omit<GivenPasskey, 'userHandle'> | undefined;
  const posted: string[] = [];

  const party = () => relyingPartyAt(origin, 'Acme');
  const pageOf = (attributes: string, options: object, controls: string) =>
    `<!doctype html><title>passkeys</title>
    <form method="post" action="/sent" novalidate>
    <input type="hidden" name="webauthn" ${attributes} data-passkey-options="${JSON.stringify(options).replaceAll('"', '&quot;')}">
    <input name="identifier" autocomplete="username webauthn">
    <p role="alert" data-passkey-alert data-refused="Not now" data-exists="There already" data-failed="Failed"></p>
    <p data-passkey-unsupported hidden>No passkeys here</p>${controls}</form><script src="/passkey.js"></script>`;

  before(async function () {
    const launched = await launchBrowser();
    if (launched === undefined) this.skip(); // launchBrowser has printed why
    browser = launched;
    const app = express();
    app.get('/passkey.js', (_req, res) => void res.type('text/javascript').send(script));
    const send = (res: express.Response, html: string) =>
      res.set('content-security-policy', "default-src 'none'; script-src 'self'; form-action 'self'").send(html);
    app.get('/favicon.ico', (_req, res) => void res.sendStatus(204));
    app.get('/create', async (_req, res) => {
      const user = { handle, name: 'ada', displayName: 'Ada' };
      const known = made === undefined ? [] : [made];
      const options = await creationOptions({ party: party(), challenge: challengeFor('create', 'n'), user, known });
      send(res, pageOf('', options, '<button type="button" hidden data-passkey-create>Create</button>'));
    });
    app.get('/login', async (req, res) => {
      const options = await requestOptions(party(), challengeFor('get', 'n'), []);
      const attributes = req.query['autofill'] === undefined ? '' : 'data-passkey-autofill';
      send(res, pageOf(attributes, options, '<button type="button" hidden data-passkey>Use a passkey</button>'));
    });
    app.post('/sent', express.urlencoded({ extended: false }), (req, res) => {
      const { webauthn } = req.body as { webauthn: string };
      posted.push(webauthn);
      res.send('<!doctype html><title>sent</title>');
    });
    server = await new Promise((resolve) => {
      const listening = app.listen(0, 'localhost', () => {
        resolve(listening);
      });
    });
    const address = server.address();
    assert.ok(address !== null && typeof address === 'object');
    // A relying party is never an address (WebAuthn §4).
    origin = `http://localhost:${String(address.port)}`;
  });

  after(async () => {
    await browser.close();
    server.closeAllConnections();
    server.close();
  });

  beforeEach(() => posted.splice(0));

  async function visit(work: (page: Page, cdp: CDPSession, authenticatorId: string) => Promise<void>): Promise<void> {
    const context = await browser.newContext();
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        ctap2Version: 'ctap2_1',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        defaultBackupEligibility: true,
        defaultBackupState: true,
      },
    });
    try {
      await work(page, cdp, authenticatorId);
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  }

  const create = async (page: Page) => {
    made = undefined;
    await page.goto(`${origin}/create`);
    await page.getByRole('button', { name: 'Create' }).click();
    await page.waitForURL('**/sent');
    const response = answerIn(creationBody, posted.pop());
    assert.ok(response);
    made = await verifyCreation(party(), challengeFor('create', 'n'), response);
    assert.ok(made);
    return made;
  };
  const checkSigned = async ({ publicKey, id }: { readonly publicKey: string; readonly id: string }) => {
    const response = answerIn(assertionBody, posted.pop());
    assert.ok(response);
    assert.equal(response.id, id);
    assert.equal(response.response.userHandle, handle);
    const signed = await verifyAssertion(party(), challengeFor('get', 'n'), response, publicKey);
    assert.ok(signed);
    return signed;
  };

  it('are made, and sign in by the button', async () => {
    await visit(async (page) => {
      const passkey = await create(page);
      assert.deepEqual([passkey.deviceType, passkey.isBackedUp], ['multiDevice', true]);
      assert.deepEqual(passkey.transports, ['internal']);
      await page.goto(`${origin}/login`);
      await page.getByRole('button', { name: 'Use a passkey' }).click();
      await page.waitForURL('**/sent');
      assert.ok((await checkSigned(passkey)).counter > passkey.counter);
    });
  });

  it('sign in from the field of the identifier, where the browser offers them', async () => {
    await visit(async (page) => {
      const passkey = await create(page);
      await page.goto(`${origin}/login?autofill`);
      await page.waitForURL('**/sent');
      await checkSigned(passkey);
    });
  });

  it('are made and sign in where a browser cannot read options by itself', async () => {
    await visit(async (page) => {
      await page.addInitScript(
        'delete PublicKeyCredential.parseCreationOptionsFromJSON; delete PublicKeyCredential.parseRequestOptionsFromJSON;',
      );
      const passkey = await create(page);
      await page.goto(`${origin}/login`);
      await page.getByRole('button', { name: 'Use a passkey' }).click();
      await page.waitForURL('**/sent');
      await checkSigned(passkey);
    });
  });

  it('say what went wrong, and send nothing', async () => {
    await visit(async (page, cdp, authenticatorId) => {
      await create(page);
      await page.goto(`${origin}/create`);
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByText('There already').waitFor();
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
      await page.goto(`${origin}/login`);
      await page.getByRole('button', { name: 'Use a passkey' }).click();
      await page.getByRole('alert').filter({ hasText: 'Not now' }).waitFor();
      assert.deepEqual(posted, []);
    });
  });

  it('are not offered by a browser that knows none', async () => {
    await visit(async (page) => {
      await page.addInitScript('delete window.PublicKeyCredential;');
      await page.goto(`${origin}/login?autofill`);
      await page.getByText('No passkeys here').waitFor();
      assert.equal(await page.getByRole('button', { name: 'Use a passkey' }).count(), 0);
    });
  });
});
