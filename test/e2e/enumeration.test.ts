/** Every call and page that takes what somebody is called by: it answers, and costs, the same for who is there and for nobody. */
import assert from 'node:assert/strict';
import type { Client } from '../../server/clients/client.ts';
import { extendedCode } from '../../server/codes/code.ts';
import { decoyPublicKey } from '../../server/credentials/passkey/public-key.ts';
import { clientId, newId, userId, workspaceId, type UserId } from '../../server/kernel/ids.ts';
import type { Mechanism } from '../../server/pools/pool.ts';
import { verifiedMail } from '../support/code-house.ts';
import { declaredEndpoints } from '../support/declared-endpoints.ts';
import { foreignHash } from '../support/passwords.ts';
import { createWebBrowser, formOf, hasForm, type Shown } from '../support/web-browser.ts';
import { asking, place, startWebLogin, type WebLogin } from '../support/web-login.ts';

/** Somebody as they are named: all names are of one length, so that nothing is told by that. */
interface Named {
  readonly id: UserId;
  readonly uid: string;
  readonly mail: string;
}

const named = (): Named => {
  const id = userId(newId().slice(0, 32));
  return { id, uid: `u${id.slice(0, 12)}`, mail: `m${id.slice(0, 12)}@people.example` };
};

/** The credential id that is theirs, where they have one. */
const passkeyOf = ({ id }: Named): string => Buffer.from(id.slice(0, 24)).toString('base64url');

/** An answer that an authenticator could give, signed by nobody. */
const assertionOf = (who: Named, origin: string): string => {
  const clientData = { type: 'webauthn.get', challenge: 'x'.repeat(43), origin, crossOrigin: false };
  const response = {
    clientDataJSON: Buffer.from(JSON.stringify(clientData)).toString('base64url'),
    authenticatorData: Buffer.alloc(37).toString('base64url'),
    signature: Buffer.alloc(70, 7).toString('base64url'),
  };
  return JSON.stringify({ id: passkeyOf(who), rawId: passkeyOf(who), type: 'public-key', response });
};

/** Who is there, each in a way of their own. */
const kinds = ['active', 'imported', 'without a password', 'with a passkey', 'disabled', 'invited'] as const;
type Kind = (typeof kinds)[number];

/** Of one question, all that somebody may see or measure of it. */
interface Told {
  readonly answers: readonly unknown[];
  readonly queries: readonly string[];
  readonly hashes: readonly string[];
}

/** Statements as they are, but for the names of savepoints; that one ends is told, not how. */
const shapeOf = (sql: string): string =>
  sql.replaceAll(/trx\d+/g, 'trx').replace(/^(?:RELEASE|ROLLBACK TO)(?: SAVEPOINT)? trx;?$/i, 'the part ends');

/** What is remembered for a while of the deployment itself is read anew at any time, whoever is asked about. */
const isAboutPeople = (sql: string): boolean =>
  !/^select .* from `(?:workspaces|clients|oidc_artifacts|custom_apps)`/.test(sql);

/** What differs from answer to answer, whoever is asked about. */
const chance: readonly (readonly [RegExp, string])[] = [
  [/for(?:=|&#x3D;|%3D)[\w.~%-]+/g, 'for={sealed}'],
  [/(name="nonce" value=")[^"]+/g, '$1{nonce}'],
  [/(\/|%2F)login(?:\/|%2F)[\w-]{20,}/g, '$1login/{login}'],
  [/(challenge&quot;:&quot;|"challenge":")[\w-]+/g, '$1{challenge}'],
  [/(allowCredentials&quot;:|"allowCredentials":)\[(?:\{[^{}]*\},?)*\]/g, '$1{passkeys}'],
  [/((?:&quot;|")user(?:&quot;|"):\{(?:&quot;|")id(?:&quot;|"):(?:&quot;|"))[\w-]+/g, '$1{handle}'],
  [/("trace_id":")[^"]+/g, '$1{trace}'],
  // Of who registers: of the same form for everybody, and the same each time (`registration.service.test.ts`).
  [/^\{"id":"[0-9a-f]{32}"\}$/g, '{"id":"{32 digits}"}'],
  [/(reference(?:&quot;|")?[^>]*>)[\w-]+/g, '$1{reference}'],
];

/** Headers that say when, or which answer it is; how long it is, is seen by its text. */
const unlike = new Set(['date', 'content-length', 'x-trace-id', 'traceparent', 'x-request-id', 'set-cookie', 'etag']);

function plain(text: string, { id, uid, mail }: Named): string {
  let read = text;
  for (const [name, value] of Object.entries({ id, uid, mail }))
    for (const spelled of [value, encodeURIComponent(value), value.replaceAll('@', '&#x40;')])
      read = read.replaceAll(spelled, `{${name}}`);
  for (const [pattern, word] of chance) read = read.replaceAll(pattern, word);
  return read;
}

describe('who is there and who is not', function () {
  this.timeout(120_000);
  let house: WebLogin;
  let client: Client;
  let token: string;
  const queries: string[] = [];
  const hashes: string[] = [];

  before(async () => {
    // Nothing is delivered: that begins in a turn of its own, after the answer.
    house = await startWebLogin({}, () => undefined);
    const { platform } = house;
    client = await house.addClient({}, true);
    token = await programsToken();
    platform.database.on('query', ({ sql }: { sql: string }) => queries.push(shapeOf(sql)));
    const { verify, hash } = platform.hasher;
    // Each verification is one argon2, and the form's own work where its hash is not ours: `hasher.test.ts` counts them.
    Object.assign(platform.hasher, {
      verify: (stored: string | undefined, password: string, form?: string) => {
        hashes.push(`verify beside ${form ?? 'nothing'}`);
        return verify(stored, password, form);
      },
      hash: (password: string) => {
        hashes.push('hash');
        return hash(password);
      },
    });
    await add('imported');
  });
  after(() => house.stop());

  async function programsToken(): Promise<string> {
    const { clients } = house.platform.stores;
    const [id, secret] = [`program-${newId()}`, newId()];
    const times = { createdAt: Date.now(), updatedAt: Date.now() };
    await clients.insert({
      ...client,
      ...times,
      id: clientId(id),
      workspaceId: workspaceId('system'),
      metadata: {
        client_name: 'People',
        grant_types: ['client_credentials'],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_basic',
        scope: 'identity',
      },
      secret,
    });
    const answer = await fetch(`${house.origin}/default/system/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'identity' }),
    });
    return String(((await answer.json()) as Record<string, unknown>)['access_token']);
  }

  async function allow(mechanisms: readonly Mechanism[], preferred: Mechanism): Promise<void> {
    const { pools } = house.platform.stores;
    const pool = await pools.find(place.tenantId, place.poolId);
    assert.ok(pool);
    await pools.update({
      ...pool,
      authenticationMechanisms: mechanisms,
      settings: {
        ...pool.settings,
        public_registration_allowed: true,
        preferred_authentication_mechanism: preferred,
        reset_credentials_settings: { do_not_allow_users_to_self_reset_credentials: false },
      },
    });
  }

  async function add(kind: Kind): Promise<Named> {
    const who = named();
    const status = kind === 'disabled' ? 'inactive' : kind === 'invited' ? 'new' : 'active';
    await house.users().create({
      ...place,
      id: who.id,
      status,
      payload: {},
      identifiers: [
        { type: 'uid', value: who.uid },
        { type: 'email', value: who.mail },
      ],
      addresses: [verifiedMail(who.mail)],
    });
    const at = [place.tenantId, place.poolId, who.id] as const;
    const hash = kind === 'imported' ? foreignHash : await house.platform.hasher.hash('a password of somebody');
    if (kind !== 'without a password') await house.platform.stores.passwords.set(...at, hash, undefined);
    if (kind === 'with a passkey')
      await house.platform.stores.passkeys.insert(place.tenantId, place.poolId, {
        userId: who.id,
        id: passkeyOf(who),
        publicKey: decoyPublicKey(),
        counter: 0,
        transports: ['internal'],
        deviceType: 'singleDevice',
        isBackedUp: false,
        aaguid: '',
        name: '',
        attestationType: 'none',
        userHandle: undefined,
        createdAt: Date.now(),
        lastUsedAt: undefined,
      });
    return who;
  }

  /** @param ask is measured from its first question to its last */
  async function toldOf(who: Named, prepare: Preparing): Promise<Told> {
    await house.platform.database('throttles').delete();
    const ask = await prepare(who);
    queries.length = 0;
    hashes.length = 0;
    const answers = await ask();
    const read = JSON.stringify(answers, (_name, value: unknown) =>
      typeof value === 'string' ? plain(value, who) : value,
    );
    return { answers: JSON.parse(read) as unknown[], queries: queries.filter(isAboutPeople), hashes: [...hashes] };
  }

  type Ask = () => Promise<readonly unknown[]>;
  type Preparing = (who: Named) => Promise<Ask>;

  /** Compared anew where they differ: what is remembered for a second ends at any time, and what tells of people always does. */
  async function sameForAll(prepare: Preparing): Promise<void> {
    await toldOf(named(), prepare);
    let unknown = await toldOf(named(), prepare);
    assert.ok(unknown.queries.length > 0, 'somebody was looked for');
    for (const kind of kinds) {
      for (let tries = 1; ; tries += 1) {
        const known = await toldOf(await add(kind), prepare);
        try {
          for (const part of ['answers', 'hashes', 'queries'] as const)
            assert.deepEqual(known[part], unknown[part], `${part}: ${kind} and nobody`);
          break;
        } catch (error) {
          if (tries === 3) throw error;
          unknown = await toldOf(named(), prepare);
        }
      }
    }
  }

  const shownOf = ({ status, headers, text }: Pick<Shown, 'status' | 'headers' | 'text'>) => ({
    status,
    headers: [...headers].filter(([name]) => !unlike.has(name)),
    cookies: headers.getSetCookie().map((cookie) => cookie.replace(/=[^;]*/, '={value}')),
    text,
  });
  const answerOf = async (answer: Response) =>
    shownOf({ status: answer.status, headers: answer.headers, text: await answer.text() });
  const post = async (path: string, body: object, authorization?: string) =>
    answerOf(
      await fetch(`${house.origin}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
        body: JSON.stringify(body),
      }),
    );

  describe('calls of programs', () => {
    const code = '000000';
    const new_password = 'a password nobody would think of';
    const new_web_authn = { id: newId(), publicKey: decoyPublicKey(), transport: ['internal'] };
    const password = 'not the password';
    /** By the ids of their operations, each once for every way in which somebody is named. */
    const calls: Readonly<Record<string, readonly ((who: Named) => readonly [string, object])[]>> = {
      selfRegisterUser: [
        ({ mail }) => ['user/register', { identifier: mail }],
        ({ mail }) => ['user/register?code_type_in_message=code&server_id=demo', { identifier: mail }],
        ({ mail }) => ['user/register?send_activation_message=false', { identifier: mail }],
        ({ uid }) => ['user/register', { identifier: uid }],
        ({ uid }) => ['user/register', { identifier: uid, otp_address: '+44 20 7946 0958' }],
      ],
      activateSelfRegisteredUserUsingExtendedCode: [({ id }) => ['user/activate', { code: extendedCode(id, code) }]],
      activateSelfRegisteredUser: [({ id }) => [`users/${id}/activate`, { code, password }]],
      selfSendActivationMessage: [({ id }) => [`users/${id}/activation/send`, {}]],
      requestResetPassword: [
        ({ mail }) => ['user/password/reset/request', { address: mail }],
        ({ mail, uid }) => ['user/password/reset/request', { address: mail, identifier: uid }],
        ({ mail, id }) => ['user/password/reset/request', { address: mail, userID: id }],
      ],
      completeResetPassword: [
        ({ uid: identifier }) => ['user/password/reset/complete', { code, new_password, identifier }],
        ({ mail: address }) => ['user/password/reset/complete', { code, new_password, address }],
        ({ id }) => ['user/password/reset/complete', { code: extendedCode(id, code), new_password }],
      ],
      confirmResetPassword: [
        ({ id: userID }) => ['user/password/reset/confirm', { code, new_password, userID }],
        ({ uid: identifier }) => ['user/password/reset/confirm', { code, new_password, identifier }],
      ],
      requestOTPChallenge: [
        ({ uid: identifier }) => ['user/otp/request', { identifier }],
        ({ mail: address }) => ['user/otp/request', { address }],
        ({ id: userID }) => ['user/otp/request', { userID }],
      ],
      verifyOTP: [
        ({ uid: identifier }) => ['user/otp/verify', { code, identifier }],
        ({ id }) => ['user/otp/verify', { code, id }],
        ({ id }) => ['user/otp/verify', { code: extendedCode(id, code) }],
      ],
      inspectOTP: [({ id }) => ['user/otp/inspect', { code: extendedCode(id, code) }]],
      verifyAuthenticationCode: [
        ({ uid: identifier }) => ['user/authentication-code/verify', { code, identifier }],
        ({ id: userID }) => ['user/authentication-code/verify', { code, userID }],
      ],
      requestAddressVerification: [
        ({ id, mail: address }) => [`users/${id}/address/verification/request`, { address }],
      ],
      completeAddressVerification: [
        ({ id, mail: address }) => [`users/${id}/address/verification/complete`, { address, code }],
      ],
      requestAddWebAuthn: [
        ({ mail: address }) => ['user/webauthn/add/request', { address }],
        ({ mail: address, uid: identifier }) => ['user/webauthn/add/request', { address, identifier }],
      ],
      completeAddWebAuthn: [
        ({ uid: identifier }) => ['user/webauthn/add/complete', { code, identifier, new_web_authn }],
        ({ id }) => ['user/webauthn/add/complete', { code: extendedCode(id, code), new_web_authn }],
      ],
      verifyPassword: [
        ({ uid: identifier }) => ['user/password/verify', { identifier, password }],
        ({ mail: identifier }) => ['user/password/verify', { identifier, password }],
        ({ id: userID }) => ['user/password/verify', { userID, password }],
      ],
    };
    /** Whose published answers say whether there is anybody, to programs that read all people anyway. */
    const telling = ['verifyPasswordV2', 'changePassword', 'deprecatedChangePassword'];

    before(() => allow(['password', 'otp', 'webauthn'], 'password'));

    it('are all of those that name somebody who is to show something, and change nothing otherwise', () => {
      const looksAfter = /\/(?:identifiers|addresses)\/|\/by_key$|\/webauthn\/create\//;
      const named = declaredEndpoints()
        .filter(({ method, path }) => method === 'post' && /\/system\/pools\/:ipID\/users?\/./.test(path))
        .filter(
          ({ path, access }) => access.kind === 'scope' && access.scopes.includes('identity') && !looksAfter.test(path),
        )
        .map(({ operationId }) => operationId);
      assert.deepEqual(named.toSorted(), [...Object.keys(calls), ...telling].toSorted());
    });

    for (const [operation, ways] of Object.entries(calls))
      for (const way of ways) {
        const [path, body] = way({ id: userId('ID'), uid: 'UID', mail: 'MAIL' });
        it(`${operation}: ${path} by ${Object.keys(body).join(', ')}`, () =>
          sameForAll((who) => {
            const [rest, said] = way(who);
            const at = `/api/identity/default/system/pools/${place.poolId}/${rest}`;
            // As often as it takes to be asked to wait, which is said of nobody as well.
            return Promise.resolve(async () => {
              const answers = [];
              for (let times = 0; times < (operation === 'verifyPassword' ? 2 : 7); times += 1)
                answers.push(await post(at, said, `Bearer ${token}`));
              return answers;
            });
          }));
      }

    it('resetPasswordConfirm, which anybody may call', () =>
      sameForAll(({ uid, id }) =>
        Promise.resolve(async () => {
          const path = `/default/demo/identity/public/pools/${place.poolId}/reset-password/confirm`;
          return [
            await post(path, { code, identifier: uid, new_password }),
            await post(path, { code: extendedCode(id, code), new_password }),
          ];
        }),
      ));
  });

  describe('pages', () => {
    const opened = async () => {
      const browser = createWebBrowser(house.origin);
      return { browser, page: await browser.open(asking(house.issuer, client)) };
    };
    const pagePath = (rest: string): string => `/${place.tenantId}/identity/${place.poolId}/${rest}`;

    it('of a login by name and password', async () => {
      await allow(['password'], 'password');
      await sameForAll(async ({ mail: identifier }) => {
        const { browser, page } = await opened();
        return async () => {
          const wrong = await browser.submit(page, '/authenticate', { identifier, password: 'not the password' });
          return [shownOf(wrong)];
        };
      });
    });

    for (const [mechanism, answer] of [
      ['password', () => ({ password: 'not the password' })],
      ['otp', () => ({ otp: '000000' })],
      ['webauthn', (who: Named) => ({ webauthn: assertionOf(who, house.origin) })],
    ] as const)
      it(`of a login that asks who it is first, and goes on by ${mechanism}`, async () => {
        await allow(['password', 'otp', 'webauthn'], mechanism);
        await sameForAll(async (who) => {
          const { browser, page } = await opened();
          return async () => {
            const second = await browser.submit(page, '/authenticate', { identifier: who.mail, action: 'continue' });
            const wrong = await browser.submit(second, '/authenticate', { ...answer(who), action: undefined });
            const other = await browser.submit(wrong, '/authenticate', { action: 'change_to_otp' });
            return [second, wrong, other].map(shownOf);
          };
        });
      });

    it('of a login with scripts of their own, that ask for the passkeys of a name', async () => {
      await allow(['password', 'webauthn'], 'webauthn');
      await sameForAll(async ({ mail: identifier }) => {
        const { browser, page } = await opened();
        const nonce = formOf(page, '/authenticate').fields.find(([name]) => name === 'nonce')?.[1] ?? '';
        return async () => [
          await answerOf(
            await browser.ask(pagePath('login/webauthn/options'), {
              method: 'POST',
              headers: { origin: house.origin },
              body: JSON.stringify({ identifier, nonce }),
            }),
          ),
        ];
      });
    });

    for (const [rest, mechanisms] of [
      ['reset_password', ['password']],
      ['register', ['password']],
      ['register', ['password', 'webauthn']],
    ] as const)
      it(`${rest}, where people have ${mechanisms.join(' and ')}`, async () => {
        await allow(mechanisms, 'password');
        await sameForAll(async ({ mail: identifier }) => {
          const browser = createWebBrowser(house.origin);
          const page = await browser.open(pagePath(rest));
          return async () => {
            const second = await browser.submit(page, `/${rest}`, { identifier });
            assert.ok(hasForm(second, `/${rest}`));
            const wrong = await browser.submit(second, `/${rest}`, { code: '000000', password: 'not the password' });
            const again = await browser.submit(await browser.open(pagePath(rest)), `/${rest}`, { identifier });
            return [second, wrong, again].map(shownOf);
          };
        });
      });
  });
});
