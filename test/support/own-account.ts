/** People of the demonstration's pool at the pages of their own account, in browsers without a screen. */
import assert from 'node:assert/strict';
import type { KindDefinition } from '../../server/compose-kinds.ts';
import { notNowField } from '../../server/credentials/passkey/passkey-offer.service.ts';
import type { Log } from '../../server/kernel/log.ts';
import { newId } from '../../server/kernel/ids.ts';
import type { ArtifactRow } from '../../server/oauth2/artifact-row.ts';
import type { Mechanism, Pool } from '../../server/pools/pool.ts';
import type { User } from '../../server/users/user.ts';
import { softAuthenticator } from './authenticator.ts';
import { passkeyOptionsIn } from './page-passkeys.ts';
import { authenticate } from './relying-party.ts';
import { selfServiceOf } from './self-service.ts';
import { createWebBrowser, hasForm, type Shown, type WebBrowser } from './web-browser.ts';
import { password, place, startWebLogin, type WebLogin } from './web-login.ts';

export const base = '/default/demo/account';
const offer = '/steps/passkey-offer';

/** What a pattern's group finds in a page; empty for nothing. */
export const linkIn = (page: Pick<Shown, 'text'>, pattern: RegExp): string =>
  pattern.exec(page.text)?.[1]?.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&') ?? '';
export const passkeyLink = /href="([^"]*\/passkeys\/[\w-]{43})"/;

/** Somebody with a password, and nobody's browser but theirs. */
export interface Owner {
  readonly user: User;
  readonly email: string;
  readonly browser: WebBrowser;
  /** Opens a page, and signs in on the way to it. */
  arrive(path?: string, secret?: string): Promise<Shown>;
  /** Fills in the login that a page is. */
  answer(page: Shown, secret?: string): Promise<Shown>;
  addPasskey(name: string, authenticator?: ReturnType<typeof softAuthenticator>): Promise<Shown>;
  passkeys(): ReturnType<WebLogin['platform']['stores']['passkeys']['listOf']>;
  password(): ReturnType<WebLogin['platform']['stores']['passwords']['findByUser']>;
  /** As if they had come without one. */
  forgetPassword(): Promise<unknown>;
}

export interface OwnAccountHouse {
  readonly house: WebLogin;
  /** Somebody new. */
  person(): Promise<Owner>;
  /** The same person in another browser. */
  elsewhere(owner: Owner): Owner;
  changePool(change: (pool: Pool) => Pool): Promise<void>;
  allow(mechanisms: readonly Mechanism[]): Promise<void>;
  /** Puts all logins there were into the past. */
  age(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** @param kinds of credentials; those of the house where they are left out */
export async function openOwnAccounts(kinds?: readonly KindDefinition[], log?: Log): Promise<OwnAccountHouse> {
  const house = await startWebLogin({}, undefined, kinds, log);
  const { stores, database } = house.platform;
  const { tenantId: tenant, poolId: pool } = place;

  const changePool = async (change: (found: Pool) => Pool): Promise<void> => {
    const found = await stores.pools.find(tenant, pool);
    assert.ok(found);
    await stores.pools.update(change(found));
  };

  const ownerOf = (user: User, email: string): Owner => {
    const browser = createWebBrowser(house.origin);
    const answer = async (page: Shown, secret = password): Promise<Shown> => {
      const next = await authenticate(browser, page, { identifier: email, password: secret });
      return hasForm(next, offer) ? browser.submit(next, offer, { [notNowField]: '1' }) : next;
    };
    return {
      user,
      email,
      browser,
      answer,
      arrive: async (path = base, secret = password) => answer(await browser.open(path), secret),
      async addPasskey(name, authenticator = softAuthenticator(0)) {
        const page = await browser.open(`${base}/passkeys/new`);
        const made = authenticator.create(passkeyOptionsIn(page), { origin: house.origin });
        return browser.submit(page, '/passkeys/new', { name, webauthn: JSON.stringify(made) });
      },
      passkeys: () => stores.passkeys.listOf(tenant, pool, user.id),
      password: () => stores.passwords.findByUser(tenant, pool, user.id),
      forgetPassword: () => database('password_credentials').where({ user_id: user.id }).update({ hash: '' }),
    };
  };

  return {
    house,
    changePool,
    allow: (authenticationMechanisms) => changePool((found) => ({ ...found, authenticationMechanisms })),
    async person() {
      const email = `${newId()}@example.com`;
      return ownerOf(await house.addPerson(email), email);
    },
    elsewhere: ({ user, email }) => ownerOf(user, email),
    async age(seconds) {
      await selfServiceOf(house).age(seconds);
      // What the engine remembers of when its sessions began.
      const sessions = () => database<ArtifactRow>('oidc_artifacts').where({ model: 'Session' });
      for (const { id_hash, payload } of await sessions().select('id_hash', 'payload')) {
        const session = JSON.parse(payload) as Readonly<Record<string, unknown>>;
        const aged = { ...session, loginTs: Number(session['loginTs']) - seconds };
        await sessions()
          .where({ id_hash })
          .update({ payload: JSON.stringify(aged) });
      }
    },
    stop: () => house.stop(),
  };
}
