/** Every page with data such as a busy day brings: each state it can be in, and names longer than anybody planned for. */
import { rulesShown } from '../../server/credentials/password/rules-shown.ts';
import { tenantId } from '../../server/kernel/ids.ts';
import { poolSettingsSchema } from '../../server/pools/pool.ts';
import { defaultSchemas } from '../../server/schemas/default-schemas.ts';
import { fieldsShown, membersAsked } from '../../server/self-service/registration-form.ts';
import type { SettingPart } from '../../server/themes/kind-pages.ts';
import type { PasswordRuleShown } from '../../server/themes/password-rules.ts';
import type { PageData, PageName } from '../../server/themes/pages.ts';

const logo =
  'data:image/svg+xml;base64,' +
  Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="10" fill="#0f766e"/><path d="M10 26l10-14 10 14z" fill="#fff"/></svg>',
  ).toString('base64');
const appLogo =
  'data:image/svg+xml;base64,' +
  Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#c2410c"/><circle cx="20" cy="20" r="9" fill="#fff"/></svg>',
  ).toString('base64');

const tenant = { name: 'Northwind Savings', logoUri: logo };
const plainTenant = { name: 'Northwind Savings' };
const application = { name: 'Demo Bank', logoUri: appLogo };
const reference = '4f1c2a9e7b3d4856a0c1e2f3a4b5c6d7';
const longName = 'Northwind-Rückversicherungsvermittlungsgesellschaft & Partners (São Paulo) <b>Ltda.</b>';

const passwordPart = (shown: readonly PasswordRuleShown[] = [], fault?: string): SettingPart => ({
  mechanism: 'password',
  shown: { rules: shown },
  fault: fault === undefined ? undefined : { field: 'password', text: fault },
  isAlone: false,
  isFocused: false,
});

const codecEndpoint = 'https://id.northwind.example/ops/codec';

const login: PageData['login'] = {
  tenant,
  application: { name: 'Demo Bank' },
  action: '/login',
  nonce: 'n',
  cancelAction: '/cancel',
  otherIdps: [],
  asks: 'both',
  mechanism: 'password',
  alternatives: [],
  code: 'sent',
  asked: {},
  naming: [],
};
const accountCode: Omit<PageData['account-code'], 'errand'> = {
  tenant,
  code: '',
  action: '/account',
  nonce: 'n',
  identifier: 'alice@example.com',
  asksCode: true,
  typed: passwordPart(),
  made: [],
  needsMade: false,
  isRefused: false,
};
const passkeyToMake = { options: '{"challenge":"AAAA","user":{"id":"AAAA"}}' };
const passkeyPart: SettingPart = {
  mechanism: 'webauthn',
  shown: passkeyToMake,
  isAlone: false,
  isFocused: false,
};
const onlyPasskey = {
  asksCode: false,
  typed: undefined,
  made: [{ ...passkeyPart, isAlone: true }],
  needsMade: true,
};
const passkey = { options: '{"challenge":"AAAA","rpId":"localhost"}', autofill: true };
const noon = Date.UTC(2026, 10, 16, 12);
const day = 86_400_000;
const asked = {
  person: 'Ada Lovelace',
  application: 'Northwind Treasury',
  approved: 1,
  quorum: 2,
  until: noon + 3 * day,
} as const;
const approval: PageData['approval'] = {
  ...asked,
  tenant,
  action: '/approvals/1',
  nonce: 'n',
  backHref: '/approvals',
  knownBy: ['ada@example.com', '+44 20 7946 0958'],
  why: 'Access to the treasury',
  decisions: [],
  typed: '',
};
const decision = { name: 'Grace Hopper', approves: true, reason: 'She is on duty this week', at: noon } as const;

const own: PageData['own-account'] = {
  tenant,
  person: 'Alice Liddell',
  isKept: true,
  passkeys: undefined,
  password: undefined,
  identifiers: [],
  addresses: [],
  signOutAction: '/account/sign-out',
};
const ownForm = { tenant, action: '/account/form', nonce: 'n', backHref: '/account' };
const ownPasskey = { name: 'Phone', createdAt: noon, lastUsedAt: noon + 9 * day };
const proof: PageData['login'] = { ...login, application, asks: 'proof', identifier: 'alice@example.com' };
const [, defaultPayload = { schema: {} }] = defaultSchemas(tenantId('any'));
const askingSchema = {
  type: 'object',
  required: ['given_name', 'family_name', 'birthdate', 'branch', 'children', 'terms'],
  properties: {
    given_name: { type: 'string', title: 'Given name' },
    family_name: { type: 'string' },
    birthdate: { type: 'string', format: 'date', title: 'Birthday', description: 'As in your passport.' },
    branch: { enum: ['Lisbon', 'Porto'], title: 'Branch' },
    children: { type: 'integer', title: 'Children' },
    terms: { const: true, type: 'boolean', title: 'I have read what the bank does with my data' },
  },
};
const password_policy = { min_length: 12, capital_letters: 1, digits: 2, special_characters: 1, not_used_since: 5 };
const rules = rulesShown({ settings: poolSettingsSchema.parse({ password_policy }) }, ['min_length', 'not_used_since']);
const consent: PageData['consent'] = {
  tenant,
  application: {
    ...application,
    uri: 'https://bank.example',
    policyUri: 'https://bank.example/privacy',
    tosUri: 'https://bank.example/terms',
  },
  action: '/consent',
  nonce: 'n',
  person: { name: 'alice@example.com' },
  notYouAction: '/not-you',
  groups: [
    {
      scopes: [
        {
          name: 'openid',
          displayName: 'Know who you are',
          description: 'Signs you in with your account.',
          required: true,
          checked: true,
        },
        {
          name: 'profile',
          displayName: 'Profile',
          description: 'Your name and basic profile.',
          required: false,
          checked: true,
        },
        {
          name: 'email',
          displayName: 'E-mail address',
          description: 'Your e-mail address.',
          required: false,
          checked: true,
        },
        {
          name: 'offline_access',
          displayName: 'Stay connected',
          description: 'Keeps access while you are away, until you take it back.',
          required: false,
          checked: false,
        },
      ],
    },
    {
      service: 'Accounts',
      scopes: [
        {
          name: 'accounts:read',
          displayName: 'Balances',
          description: 'What is on your accounts, and since when.',
          required: false,
          checked: true,
        },
        {
          name: 'transfers:list',
          displayName: 'Transfers',
          description: 'What you sent and what you were sent in the last ninety days.',
          required: false,
          checked: true,
        },
      ],
    },
  ],
  hasChoice: true,
  lifetime: { kind: 'until_revoked' },
};
const step: PageData['step'] = {
  tenant,
  application,
  title: 'Enter the code',
  action: '/step',
  nonce: 'n',
  cancelAction: '/cancel',
  fragment: { owner: 'codes', template: 'code', data: { lead: 'We sent six digits to a…@example.com.' } },
  errors: {},
};
const account: PageData['demo-account'] = {
  accountHref: '/acme/bank/account',
  tenant,
  application: { name: 'Demo Bank' },
  notice: 'signed_in',
  person: 'Alice Example',
  idToken: [
    { name: 'iss', value: 'http://localhost:8080/acme/bank' },
    { name: 'sub', value: '0c1f5b7a9e2d4c6f8a1b3d5e7f90a2c40c1f5b7a9e2d4c6f8a1b3d5e7f90a2c4' },
    { name: 'auth_time', value: '1794787200', reading: 'Nov 16, 2026, 12:00:00 AM UTC' },
    { name: 'amr', value: '["pwd"]' },
  ],
  accessToken: { type: 'bearer', format: 'jwt', scopes: ['openid', 'profile', 'email'], expiresAt: 1_794_790_800_000 },
  refreshToken: true,
  actions: { refresh: '/r', userinfo: '/u', introspect: '/i', silent: '/s', signOut: '/o' },
};

const operation: PageData['api-docs']['groups'][number]['operations'][number] = {
  id: 'getClient',
  method: 'GET',
  path: '/api/system/{tid}/client/{cid}',
  summary: 'Get a client',
  caller: { by: 'scope', root: false, workspace: 'system', names: ['view_clients', 'manage_clients'] },
  parameters: [
    { name: 'tid', in: 'path', type: 'string', required: true, description: 'id of the tenant' },
    { name: 'if-match', in: 'header', type: 'string', required: false },
  ],
  success: {
    status: '200',
    description: 'the client',
    body: {
      type: 'object',
      members: [
        { name: 'client_id', type: 'string', required: true },
        { name: 'token_endpoint_auth_signing_alg', type: 'string', required: false, description: 'how it signs' },
      ],
    },
  },
  refusals: ['401', '403', '404', '429'],
};

const knownTenants: PageData['tenant-choice']['known'] = [
  { value: 'northwind/Europe', id: 'northwind', name: 'Northwind Savings', region: 'Europe' },
  { value: 'contoso/United States', id: 'contoso', name: 'contoso', region: 'United States' },
];
const administration = {
  tenant,
  person: 'Ada Lovelace',
  apiHref: '/api/docs',
  signOutAction: '/acme/admin/sign-out',
  otherTenantHref: '/tenants?more=1',
};

/** Page → the name of a state → data. */
export const samples: { readonly [Name in PageName]: Readonly<Record<string, PageData[Name]>> } = {
  login: {
    first: login,
    wrong: { ...login, identifier: 'alice@example.com', fault: { field: 'password', text: 'wrong_credentials' } },
    empty: { ...login, fault: { field: 'identifier', text: 'identifier_missing' } },
    wait: { ...login, identifier: 'alice', fault: { field: 'form', text: 'too_many_attempts', retryAfterSeconds: 90 } },
    again: {
      ...login,
      application,
      identifier: 'alice@example.com',
      reauthenticate: { name: 'Alice Example' },
      notice: 'stale_factor',
    },
    choices: { ...login, otherIdps: [{ name: 'Northwind Staff', href: '/idp/staff', logoUri: logo }] },
    long: { ...login, tenant: { name: longName, logoUri: logo }, application: { name: longName } },
    who: {
      ...login,
      application,
      asks: 'identifier',
      asked: { passkey },
      naming: ['webauthn'],
      forgotHref: '/forgot',
      registerHref: '/register',
    },
    password: { ...proof, alternatives: ['otp', 'webauthn'], forgotHref: '/forgot' },
    code: { ...proof, mechanism: 'otp', alternatives: ['password', 'webauthn'], notice: 'code_sent' },
    wrongCode: { ...proof, mechanism: 'otp', alternatives: [], fault: { field: 'otp', text: 'wrong_code' } },
    codeElsewhere: {
      ...proof,
      mechanism: 'otp',
      code: 'elsewhere',
      alternatives: ['password'],
      fault: { field: 'destination_address', text: 'address_missing' },
    },
    passkey: {
      ...proof,
      mechanism: 'webauthn',
      alternatives: ['password', 'otp'],
      asked: { passkey: { ...passkey, autofill: false } },
      identifier: 'maria.aparecida.de.albuquerque.cavalcanti.filha@subsidiary.northwind.example',
    },
  },
  replacement: {
    expired: {
      tenant,
      application,
      action: '/authenticate',
      nonce: 'n',
      cancelAction: '/cancel',
      why: 'expired',
      identifier: 'alice@example.com',
      part: { ...passwordPart(rules.map((rule) => ({ ...rule, failed: false }))), isFocused: true },
    },
    refused: {
      tenant,
      application,
      action: '/authenticate',
      nonce: 'n',
      cancelAction: '/cancel',
      why: 'must_be_changed',
      identifier: 'alice@example.com',
      part: { ...passwordPart(rules, 'password_refused'), isFocused: true },
    },
  },
  'passkey-offer': {
    first: { tenant, application, action: '/steps/passkey-offer', nonce: 'n', cancelAction: '/cancel', options: '{}' },
    again: {
      tenant,
      application: { name: longName },
      action: '/steps/passkey-offer',
      nonce: 'n',
      cancelAction: '/cancel',
      options: '{}',
      fault: 'not_accepted',
    },
    late: { tenant, application, action: '/steps/passkey-offer', nonce: 'n', cancelAction: '/cancel' },
  },
  waiting: {
    approval: {
      tenant,
      application,
      nonce: 'n',
      cancelAction: '/cancel',
      leftSeconds: 200_000,
      approval: { approved: 1, quorum: 2 },
      continueHref: '/login/1',
    },
    rests: { tenant, application, nonce: 'n', cancelAction: '/cancel', leftSeconds: 5400, continueHref: '/login/1' },
    works: {
      tenant: plainTenant,
      application: { name: longName },
      nonce: 'n',
      cancelAction: '/cancel',
      continueHref: '/login/1',
    },
  },
  away: {
    open: {
      tenant,
      application,
      step: 'more',
      otherIdps: [],
      name: 'Know Your Customer',
      href: 'https://kyc.example/start?login_id=1&login_state=2',
      leftSeconds: 86_400,
      action: '/steps/custom-app',
      nonce: 'n',
      cancelAction: '/cancel',
    },
    login: {
      tenant,
      application,
      step: 'login',
      otherIdps: [{ name: 'Guests', href: '/login?idp=guests' }],
      name: 'The old portal',
      href: 'https://portal.example/start?login_id=1&login_state=2',
      leftSeconds: 86_400,
      action: '/steps/authenticate?idp=portal',
      nonce: 'n',
      cancelAction: '/cancel',
    },
    lost: {
      tenant: plainTenant,
      application: { name: longName },
      step: 'consent',
      otherIdps: [],
      name: longName,
      leftSeconds: 90,
      action: '/steps/custom-app',
      nonce: 'n',
      cancelAction: '/cancel',
    },
  },
  'account-name': {
    reset: { tenant, errand: 'reset', action: '/reset', identifier: '', fields: [], backHref: '/login' },
    register: {
      tenant: plainTenant,
      errand: 'register',
      action: '/register',
      identifier: 'alice@',
      fields: fieldsShown(membersAsked(defaultPayload), new Map(), []),
      fault: 'address_malformed',
    },
    asksMore: {
      tenant: plainTenant,
      errand: 'register',
      action: '/register',
      identifier: 'alice@example.com',
      fields: fieldsShown(membersAsked({ schema: askingSchema }), new Map([['given_name', longName]]), [
        'birthdate',
        'terms',
      ]),
      hasFaultyFields: true,
    },
    wait: {
      tenant,
      errand: 'reset',
      action: '/reset',
      identifier: 'alice',
      fields: [],
      fault: 'too_many_attempts',
      retryAfterSeconds: 90,
    },
  },
  'account-code': {
    reset: { ...accountCode, errand: 'reset', againHref: '/again', backHref: '/login' },
    refused: {
      ...accountCode,
      errand: 'reset',
      typed: passwordPart(rules, 'password_refused'),
      isRefused: true,
      linkCode: 'YWRhOjEyMzQ1Ng',
      asksCode: false,
    },
    wrong: { ...accountCode, errand: 'register', fault: 'code_wrong', againHref: '/again' },
    weak: {
      ...accountCode,
      errand: 'register',
      typed: passwordPart(rules, 'password_refused'),
      isRefused: true,
      code: '012345',
      againHref: '/again',
    },
    dead: {
      ...accountCode,
      errand: 'activate',
      linkCode: 'YWRhOjEyMzQ1Ng',
      asksCode: false,
      fault: 'link_dead',
      againHref: '/again',
    },
    verify: {
      ...accountCode,
      errand: 'verify',
      linkCode: 'YWRhOjEyMzQ1Ng',
      asksCode: false,
      typed: undefined,
    },
    wait: { ...accountCode, errand: 'reset', fault: 'too_many_attempts', retryAfterSeconds: 90 },
    passkey: {
      ...accountCode,
      errand: 'register',
      made: [{ ...passkeyPart, fault: { field: 'webauthn', text: 'passkey_refused' } }],
      isRefused: true,
    },
    passkeyAlone: {
      ...accountCode,
      errand: 'activate',
      linkCode: 'YWRhOjEyMzQ1Ng',
      ...onlyPasskey,
    },
    passkeyToAdd: {
      ...accountCode,
      errand: 'passkey',
      linkCode: 'YWRhOjEyMzQ1Ng',
      ...onlyPasskey,
    },
    passkeyByLink: { ...accountCode, errand: 'activate', ...onlyPasskey, made: [], byLink: 'webauthn' },
  },
  'account-done': {
    reset: { tenant, errand: 'reset', continueHref: '/login' },
    verify: { tenant, errand: 'verify' },
    passkey: { tenant, errand: 'passkey', accountHref: '/acme/bank/account' },
  },
  approvals: {
    some: {
      tenant,
      approver: 'Grace Hopper',
      notice: 'approved',
      asked: [
        { ...asked, href: '/approvals/1' },
        { ...asked, person: longName, application: longName, href: '/approvals/2' },
      ],
      signOutAction: '/approvals/sign-out',
    },
    none: { tenant: plainTenant, approver: 'Grace Hopper', asked: [], signOutAction: '/approvals/sign-out' },
  },
  approval: {
    usual: { ...approval, decisions: [decision] },
    faulty: { ...approval, person: longName, application: longName, knownBy: [], fault: 'reason_missing' },
    outdated: { ...approval, fault: 'form_outdated', typed: 'I know Ada' },
    denied: { ...approval, end: 'denied', fault: 'over', decisions: [{ ...decision, approves: false }] },
    decided: { ...approval, end: 'decided', decisions: [decision] },
  },
  'own-account': {
    usual: {
      ...own,
      notice: 'passkey_added',
      passkeys: {
        list: [
          { name: 'Phone', createdAt: noon, lastUsedAt: noon + 9 * day, href: '/account/passkeys/1' },
          { name: '', createdAt: noon + day, lastUsedAt: undefined, href: '/account/passkeys/2' },
        ],
        addHref: '/account/passkeys/new',
      },
      password: { isSet: true, changedAt: noon, href: '/account/password' },
      identifiers: ['alice@example.com', 'alice'],
      addresses: [
        { value: 'alice@example.com', isVerified: true, href: undefined },
        { value: '+44 20 7946 0958', isVerified: false, href: '/account/addresses/1' },
      ],
    },
    full: {
      ...own,
      tenant: { name: longName },
      person: longName,
      passkeys: {
        list: Array.from({ length: 20 }, (_, index) => ({
          name: `${longName.repeat(2)} ${String(index)}`.slice(0, 128),
          createdAt: noon,
          lastUsedAt: noon,
          href: '/account/passkeys/1',
        })),
        addHref: undefined,
      },
      password: { isSet: false, changedAt: undefined, href: '/account/password' },
      identifiers: [`${'a'.repeat(200)}@example.com`],
      addresses: [{ value: `${'a'.repeat(200)}@example.com`, isVerified: false, href: '/account/addresses/1' }],
    },
    first: {
      ...own,
      passkeys: { list: [], addHref: '/account/passkeys/new' },
      password: { isSet: true, changedAt: undefined, href: '/account/password' },
    },
    elsewhere: { ...own, isKept: false },
  },
  'own-password': {
    change: { ...ownForm, errand: 'change', identifier: 'alice', rules, resetHref: '/reset' },
    wrong: {
      ...ownForm,
      errand: 'change',
      identifier: 'alice',
      rules: [],
      resetHref: undefined,
      fault: 'old_password_wrong',
    },
    refused: {
      ...ownForm,
      errand: 'set',
      identifier: 'alice',
      rules,
      resetHref: undefined,
      fault: 'password_refused',
    },
    wait: {
      ...ownForm,
      errand: 'change',
      identifier: 'alice',
      rules,
      resetHref: '/reset',
      fault: 'too_many_attempts',
      retryAfterSeconds: 90,
    },
  },
  'own-passkey-new': {
    usual: { ...ownForm, options: passkeyToMake.options, typed: '' },
    long: { ...ownForm, options: passkeyToMake.options, typed: longName, fault: 'name_too_long' },
    refused: { ...ownForm, options: passkeyToMake.options, typed: 'Phone', fault: 'passkey_refused' },
  },
  'own-passkey': {
    usual: { ...ownForm, passkey: ownPasskey, typed: 'Phone', removeHref: '/account/passkeys/1/remove' },
    nameless: { ...ownForm, passkey: ownPasskey, typed: '', removeHref: '/remove', fault: 'name_missing' },
    outdated: { ...ownForm, passkey: ownPasskey, typed: 'Phone', removeHref: '/remove', fault: 'form_outdated' },
  },
  'own-passkey-remove': {
    usual: { ...ownForm, passkey: ownPasskey, canBeRemoved: true },
    last: { ...ownForm, passkey: { ...ownPasskey, name: '' }, canBeRemoved: false, fault: 'last_way_in' },
  },
  'own-address': {
    usual: { ...ownForm, address: 'alice@example.com' },
    wait: { ...ownForm, address: 'alice@example.com', fault: 'too_many_attempts', retryAfterSeconds: 90 },
  },
  'choose-idp': {
    two: {
      tenant,
      application,
      nonce: 'n',
      cancelAction: '/cancel',
      idps: [
        { name: 'Customers', href: '/idp/customers' },
        { name: 'Northwind Staff', href: '/idp/staff', logoUri: logo },
      ],
    },
  },
  step: {
    first: step,
    again: { ...step, errors: { code: 'Enter the six digits.' } },
  },
  consent: {
    usual: consent,
    longest: {
      ...consent,
      tenant: plainTenant,
      application: { name: longName },
      person: { name: 'maria.aparecida.de.albuquerque.cavalcanti.filha@subsidiary.northwind.example' },
      lifetime: { kind: 'for', seconds: 7_776_000 },
      takeBackHref: '/account/consents',
      notice: 'step_passed',
    },
  },
  error: {
    internal: { tenant, reference, reason: 'internal' },
    address: {
      tenant: plainTenant,
      reference,
      reason: 'address_not_registered',
      technical: {
        code: 'invalid_redirect_uri',
        description: "redirect_uri did not match any of the client's registered redirect_uris",
      },
    },
    nobody: { reference, reason: 'application_unknown', back: { name: 'Demo Bank', href: 'https://bank.example' } },
  },
  expired: {
    known: { tenant, application, reference, startAgainHref: 'https://bank.example/login' },
    unknown: { tenant: plainTenant, reference },
  },
  stopped: { known: { tenant, application, reference, startAgainHref: 'https://bank.example/login' } },
  elsewhere: { known: { tenant, application, reference, startAgainHref: 'https://bank.example/login' } },
  finished: {
    known: { tenant, application, reference, continueHref: 'https://bank.example' },
    unknown: { tenant, reference },
  },
  unavailable: { wait: { tenant, reference, retryHref: '/login/uid', retryAfterSeconds: 20 } },
  'stale-step': { usual: { tenant, reference, continueHref: '/login/uid' } },
  'confirm-logout': {
    asked: { tenant, form: { action: '/end', xsrf: 'x' }, application: { name: 'Demo Bank' } },
    alone: { tenant: plainTenant, form: { action: '/end', xsrf: 'x' } },
  },
  'signed-out': { usual: { tenant, application: { name: 'Demo Bank', href: 'https://bank.example' } } },
  'not-found': { usual: { reference } },
  misdirected: { usual: { reference } },
  operator: {
    form: { endpoint: codecEndpoint, operator: undefined, failed: false, typed: { tenant: '', clientId: '' } },
    failed: { endpoint: codecEndpoint, operator: undefined, failed: true, typed: { tenant: 'acme', clientId: 'me' } },
    signedIn: {
      endpoint: codecEndpoint,
      operator: { name: 'watcher', tenantId: 'acme', allTenants: false },
      failed: false,
      typed: { tenant: '', clientId: '' },
    },
    root: {
      endpoint: codecEndpoint,
      operator: { name: 'system', tenantId: 'system', allTenants: true },
      failed: false,
      typed: { tenant: '', clientId: '' },
    },
  },
  home: {
    seeded: {
      demos: [{ name: 'Demo Bank', href: '/demo/bank/demo' }],
      temporalHref: 'http://127.0.0.1:8233',
      discoveries: [{ name: 'demo / bank', href: '/demo/bank/.well-known/openid-configuration' }],
      people: [{ identifier: 'alice@example.com', password: 'correct horse' }],
    },
  },
  'demo-start': { usual: { tenant, application: { name: 'Demo Bank' }, action: '/d', notice: 'session_lost' } },
  'demo-account': {
    usual: account,
    asked: {
      ...account,
      refreshToken: false,
      userinfo: [{ name: 'email', value: 'alice@example.com' }],
      introspection: [{ name: 'active', value: 'true' }],
    },
  },
  'demo-error': {
    denied: {
      tenant,
      application: { name: 'Demo Bank' },
      reason: 'access_denied',
      technical: { code: 'access_denied', description: 'End-User aborted interaction' },
      reference,
      startHref: '/d',
    },
  },
  'api-docs': {
    usual: {
      version: '0.1.0',
      documentHref: '/api/openapi.json',
      issuers: [
        { root: true, workspace: 'system', tokenUrl: 'https://id.northwind.example/system/system/oauth2/token' },
        { root: false, workspace: 'admin', tokenUrl: 'https://id.northwind.example/{tid}/admin/oauth2/token' },
      ],
      groups: [
        {
          name: 'clients',
          href: '/api/docs#clients',
          operations: [
            operation,
            {
              ...operation,
              id: 'revokeSoftwareStatementsOfClient',
              method: 'DELETE',
              path: '/api/admin/{tid}/servers/{wid}/clients/{cid}/software-statements/{softwareStatementId}/revoke',
              caller: { by: 'workspace', root: false, workspace: 'admin', names: ['manage_clients'] },
              body: { type: 'any', members: [] },
              success: { status: '204', description: 'it is gone' },
            },
            {
              ...operation,
              id: 'me',
              caller: { by: 'any', root: false, workspace: 'admin', names: [] },
              parameters: [],
            },
            {
              ...operation,
              id: 'us',
              caller: { by: 'tenant', root: false, workspace: 'admin', names: ['get_tenant'] },
            },
            { ...operation, id: 'all', caller: { by: 'scope', root: true, workspace: 'system', names: ['x'] } },
            { ...operation, id: 'me', caller: { by: 'person', root: false, workspace: '{aid}', names: ['x'] } },
            { ...operation, id: 'open', caller: { by: 'public', root: false, workspace: '', names: [] } },
          ],
        },
      ],
      refusals: [{ status: '401', description: 'There is no access token, or none that is good here.' }],
      refusalMembers: [{ name: 'status_code', type: 'integer', required: true, description: 'the HTTP status' }],
    },
  },
  'tenant-choice': {
    first: { known: [], form: true, typed: '', regions: [], reminderHref: '/tenants/forgot' },
    regions: {
      known: [],
      form: true,
      typed: '',
      regions: [
        { name: 'Europe', selected: true },
        { name: 'United States', selected: false },
      ],
      reminderHref: '/tenants/forgot',
    },
    wrong: {
      known: [],
      form: true,
      typed: 'nothwind',
      regions: [],
      reminderHref: '/tenants/forgot',
      fault: 'tenant_unknown',
    },
    known: { known: knownTenants, form: false, typed: '', regions: [], reminderHref: '/tenants/forgot' },
    more: {
      known: [...knownTenants, { value: 'long/', id: 'x'.repeat(64), name: longName, region: 'Europe' }],
      form: true,
      typed: '',
      regions: [],
      reminderHref: undefined,
    },
  },
  'tenant-reminder': {
    first: { typed: '', fault: false, region: undefined, otherRegions: [] },
    wrong: {
      typed: 'ada at example',
      fault: true,
      region: 'Europe',
      otherRegions: [{ name: 'United States', href: 'https://us.id.example/tenants/forgot' }],
    },
  },
  'tenant-reminder-sent': { usual: {} },
  console: {
    administrator: { ...administration, roles: ['admin', 'auditor'], workspaces: ['payments', 'insurance'] },
    stranger: { ...administration, tenant: { name: longName }, person: longName, roles: [], workspaces: [] },
  },
  'sign-in-error': {
    denied: {
      tenant,
      reason: 'access_denied',
      technical: { code: 'access_denied' },
      reference,
      startHref: '/acme/admin',
    },
  },
  mailbox: {
    empty: { messages: [] },
    some: {
      messages: [
        {
          to: 'ada@example.com',
          subject: 'Your tenants',
          text: 'Acme\nTenant name: acme\nhttps://id.example/acme/admin\n',
          at: 1_700_000_000_000,
        },
        { to: '+442079460958', subject: undefined, text: '123456 is your code for Shop.', at: 1_700_000_000_000 },
      ],
    },
  },
};
