/** What the pages of a login are drawn from. */
import assert from 'node:assert/strict';
import type { Client } from '../../../server/clients/client.ts';
import type { Idp } from '../../../server/idps/idp.ts';
import {
  chooseIdpPage,
  consentPage,
  loginPage,
  startAgainHref,
  type PageGround,
} from '../../../server/interactions/login-pages.ts';
import { clientId, idpId, poolId, tenantId } from '../../../server/kernel/ids.ts';
import { workspaceOf } from '../../support/stores.ts';

const workspace = workspaceOf(tenantId('acme'));
const client: Client = {
  tenantId: workspace.tenantId,
  workspaceId: workspace.id,
  id: clientId('shop'),
  status: 'active',
  trusted: false,
  metadata: { client_name: 'The shop', client_uri: 'https://shop.example/', logo_uri: 'https://shop.example/logo.svg' },
  secret: undefined,
  rotatedSecrets: [],
  createdAt: 0,
  updatedAt: 0,
};
const ground: PageGround = {
  workspace,
  tenantName: 'Acme',
  client,
  locale: 'en',
  path: '/acme/shop/login/uid',
  nonce: 'n',
};
const idp = (id: string): Idp => ({
  tenantId: workspace.tenantId,
  workspaceId: workspace.id,
  id: idpId(id),
  name: `Idp ${id}`,
  enabled: true,
  method: 'identity_pool',
  poolId: poolId('p'),
});
const item = (scope: string, change: { required?: boolean; grantedBefore?: boolean; service?: string } = {}) => ({
  scope,
  displayName: scope,
  description: '',
  required: false,
  grantedBefore: false,
  ...change,
});

describe('loginPage', () => {
  it('posts to the idp that was chosen, and offers the others', () => {
    const idps = [idp('a&b'), idp('c')];
    const page = loginPage(ground, {
      idp: idp('a&b'),
      idps,
      identifier: 'ada',
      asks: 'both',
      mechanism: 'password',
      alternatives: [],
      code: 'sent',
      asked: {},
      naming: [],
      reauthenticate: undefined,
      fault: undefined,
      notice: undefined,
    });
    assert.equal(page.action, '/acme/shop/login/uid/authenticate?idp=a%26b');
    assert.deepEqual(page.otherIdps, [{ name: 'Idp c', logoUri: undefined, href: '/acme/shop/login/uid?idp=c' }]);
    assert.equal(page.application.name, 'The shop');
    assert.equal(page.cancelAction, '/acme/shop/login/uid/cancel');
  });
});

describe('chooseIdpPage', () => {
  it('offers each by its name and logo', () => {
    const logoUri = 'https://logos.example/b.svg';
    assert.deepEqual(
      chooseIdpPage(ground, [idp('a'), { ...idp('b'), logoUri }]).idps.map((one) => [one.name, one.logoUri]),
      [
        ['Idp a', undefined],
        ['Idp b', logoUri],
      ],
    );
  });
});

describe('consentPage', () => {
  const ticked = (items: readonly ReturnType<typeof item>[]) => {
    const description = { items, expiresAt: undefined, details: {} };
    const page = consentPage(ground, { description, personName: 'Ada', now: 0, notice: undefined });
    const scopes = page.groups.flatMap((group) => group.scopes);
    return scopes.filter(({ checked }) => checked).map(({ name }) => name);
  };

  it('ticks everything the first time, later only what was granted before', () => {
    assert.deepEqual(ticked([item('openid', { required: true }), item('email')]), ['openid', 'email']);
    const later = [item('openid', { required: true }), item('email', { grantedBefore: true }), item('phone')];
    assert.deepEqual(ticked(later), ['openid', 'email']);
  });

  it('puts the scopes of a service together, after those of none', () => {
    const items = [
      item('read', { service: 'Orders' }),
      item('email'),
      item('pay', { service: 'Bank' }),
      item('write', { service: 'Orders' }),
    ];
    const description = { items, expiresAt: undefined, details: {} };
    const page = consentPage(ground, { description, personName: 'Ada', now: 0, notice: undefined });
    assert.deepEqual(
      page.groups.map(({ service, scopes }) => [service, ...scopes.map(({ name }) => name)]),
      [
        [undefined, 'email'],
        ['Orders', 'read', 'write'],
        ['Bank', 'pay'],
      ],
    );
  });

  it('says for how long, and names who is asked', () => {
    const description = { items: [], expiresAt: 90_500, details: {} };
    const page = consentPage(ground, { description, personName: 'Ada', now: 500, notice: undefined });
    assert.deepEqual(page.lifetime, { kind: 'for', seconds: 90 });
    assert.equal(page.person.name, 'Ada');
  });
});

describe('startAgainHref', () => {
  it('is the application’s own way to begin (OIDC Core §4), else its home', () => {
    assert.equal(startAgainHref(client), 'https://shop.example/');
    const initiate_login_uri = 'https://shop.example/login';
    assert.equal(
      startAgainHref({ ...client, metadata: { ...client.metadata, initiate_login_uri } }),
      initiate_login_uri,
    );
    assert.equal(startAgainHref({ ...client, metadata: {} }), undefined);
  });
});
