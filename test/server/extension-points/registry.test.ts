import assert from 'node:assert/strict';
import { Router } from 'express';
import { z } from 'zod';
import {
  definePlugin,
  type ConsentType,
  type Extensions,
  type LoginStep,
  type Plugin,
  type RouteContribution,
} from '../../../plugins/kit/index.ts';
import { plugins } from '../../../plugins/index.ts';
import { samplePlace } from '../../../plugins/kit/sample-place.ts';
import { createGenericConsent } from '../../../server/consents/generic-consent.ts';
import { createExtensionRegistry } from '../../../server/extension-points/registry.ts';
import { standardScopes } from '../../../server/workspaces/scope.ts';
import { terms } from '../../support/plugins/terms/terms.ts';

const plugin = (id: string, setup: (ext: Extensions) => void, parts: Partial<Plugin> = {}): Plugin => ({
  ...definePlugin({ id, title: id, config: { workspace: z.object({}) }, setup }),
  ...parts,
});
const withTable = (id: string, table: string): Plugin =>
  plugin(id, () => undefined, {
    migrations: [{ name: '0001_x', tables: [table], up: () => Promise.resolve(), down: () => Promise.resolve() }],
  });
const scope = (name: string) => ({
  name,
  displayName: name,
  description: '',
  implicitGrant: false,
  kind: 'api' as const,
});
const step = (id: string): LoginStep => ({
  id,
  title: id,
  appliesTo: () => true,
  requirement: () => `step:${id}`,
  page: () => ({ template: 'page', data: {} }),
  handle: () => ({ kind: 'passed', data: {} }),
});
const route = (path: string, parts: Partial<RouteContribution> = {}): RouteContribution => ({
  path,
  access: { kind: 'scope', scope: 'x' },
  workspace: { kind: 'addressed' },
  router: () => Router(),
  ...parts,
});
const claim = (name: string, value: unknown) => ({
  name,
  scopes: ['profile'],
  in: ['userinfo'] as const,
  value: () => value,
});
const consentType = (id: string, selects = true): ConsentType => ({
  ...createGenericConsent(),
  id,
  selects: () => selects,
});
const at = (settings: Readonly<Record<string, unknown>>) => samplePlace({ plugins: settings });
const termsSettings = { version: 3, url: 'https://bank.example/terms' };

describe('createExtensionRegistry', () => {
  it('boots with the plugins of this deployment', () => {
    assert.equal(createExtensionRegistry(plugins).plugins.length, plugins.length);
  });

  describe('refuses to boot, naming the plugin and the thing', () => {
    const faults: readonly (readonly [string, readonly Plugin[], string])[] = [
      [
        'two plugins of one id',
        [plugin('a', () => undefined), plugin('a', () => undefined)],
        'plugin "a": duplicate plugin "a", which "a" brings already',
      ],
      [
        'a plugin called core',
        [plugin('core', () => undefined)],
        'plugin "core": the manifest is not valid: id is reserved',
      ],
      [
        'a scope of core',
        [
          plugin('a', (ext) => {
            ext.scopes([scope('email')]);
          }),
        ],
        'plugin "a": duplicate scope "email", which "core" brings already',
      ],
      [
        'a scope of another',
        [
          plugin('a', (ext) => {
            ext.scopes([scope('x')]);
          }),
          plugin('b', (ext) => {
            ext.scopes([scope('x')]);
          }),
        ],
        'plugin "b": duplicate scope "x", which "a" brings already',
      ],
      [
        'a claim of another',
        [
          plugin('a', (ext) => {
            ext.claims([claim('x', 1)]);
          }),
          plugin('b', (ext) => {
            ext.claims([claim('x', 2)]);
          }),
        ],
        'plugin "b": duplicate claim "x", which "a" brings already',
      ],
      [
        'a claim of the protocol',
        [
          plugin('a', (ext) => {
            ext.claims([claim('sub', 'admin')]);
          }),
        ],
        'plugin "a": claim "sub" belongs to the protocol',
      ],
      [
        'a consent type of core',
        [
          plugin('a', (ext) => {
            ext.consentType(consentType('generic'));
          }),
        ],
        'plugin "a": duplicate consent type "generic", which "core" brings already',
      ],
      [
        "a step in core's name",
        [
          plugin('a', (ext) => {
            ext.steps([step('authenticated')]);
          }),
        ],
        'plugin "a": step "authenticated" is reserved',
      ],
      [
        'a step twice',
        [
          plugin('a', (ext) => {
            ext.steps([step('x'), step('x')]);
          }),
        ],
        'plugin "a": duplicate step "x", which "a" brings already',
      ],
      [
        'a discovery member of another',
        [
          plugin('a', (ext) => {
            ext.discovery({ members: ['m'], values: () => ({}) });
          }),
          plugin('b', (ext) => {
            ext.discovery({ members: ['m'], values: () => ({}) });
          }),
        ],
        'plugin "b": duplicate discovery member "m", which "a" brings already',
      ],
      [
        'a route inside another',
        [
          plugin('a', (ext) => {
            ext.routes([route('/a/x')]);
          }),
          plugin('b', (ext) => {
            ext.routes([route('/a/x/y')]);
          }),
        ],
        'plugin "b": route "/a/x/y" clashes with "/a/x" of "a"',
      ],
      [
        'a route of core',
        [
          plugin('a', (ext) => {
            ext.routes([route('/oauth2/token')]);
          }),
        ],
        'plugin "a": route "/oauth2/token" clashes with core',
      ],
      [
        'an open route that does not say why',
        [
          plugin('a', (ext) => {
            ext.routes([route('/a', { access: { kind: 'public', because: ' ' } })]);
          }),
        ],
        'plugin "a": route "/a" does not say who may use it',
      ],
      [
        'an unknown event',
        [
          plugin('a', (ext) => {
            ext.events({ observes: [{ id: 'o', on: ['consent eaten'], handle: () => Promise.resolve() }] });
          }),
        ],
        'plugin "a": observer "o" waits for the unknown event "consent eaten"',
      ],
      [
        'a table without its prefix',
        [
          plugin('a', () => undefined, {
            migrations: [
              { name: '0001_x', tables: ['clients'], up: () => Promise.resolve(), down: () => Promise.resolve() },
            ],
          }),
        ],
        'plugin "a": table "clients" does not begin with "a_"',
      ],
      [
        'a table of another',
        [withTable('a', 'a_b_x'), withTable('a-b', 'a_b_x')],
        'plugin "a-b": duplicate table "a_b_x", which "a" brings already',
      ],
      [
        'a secret in a default',
        [plugin('a', () => undefined, { config: { workspace: z.object({ api_key: z.string().default('k') }) } })],
        'plugin "a": the default of "api_key" is a secret',
      ],
      [
        'an unknown extension point',
        [
          plugin('a', (ext) => {
            Reflect.get(ext, 'sagas');
          }),
        ],
        'plugin "a": unknown extension point "sagas"',
      ],
      [
        'a manifest in plain JavaScript with a member too many',
        [Object.assign({ ...plugin('a', () => undefined) }, { workflows: [] })],
        'plugin "a": the manifest is not valid: Unrecognized key: "workflows"',
      ],
    ];
    for (const [what, list, message] of faults) {
      it(what, () => {
        assert.throws(() => createExtensionRegistry(list), { message });
      });
    }
  });

  it('closes the extension points after boot', () => {
    let kept: Extensions | undefined;
    createExtensionRegistry([
      plugin('a', (ext) => {
        kept = ext;
      }),
    ]);
    assert.throws(() => kept?.scopes([scope('late')]), /closed after boot/);
  });
});

describe('ExtensionRegistry', () => {
  const registry = createExtensionRegistry([
    terms,
    plugin('a', (ext) => {
      ext.scopes([scope('a:read')]);
      ext.claims([claim('a_level', 2)]);
      ext.consentType(consentType('a_consent'));
      ext.steps([step('a_step')]);
      ext.discovery({ members: ['a_version'], values: () => ({ a_version: 1 }) });
      ext.tokenResponse((response, { grantId }) => ({ ...response, grant_id: grantId }));
      ext.authorizationRequest(({ params }) =>
        params['evil'] === undefined
          ? { kind: 'allow' }
          : { kind: 'deny', error: 'invalid_request', description: 'no' },
      );
      ext.events({
        observes: [{ id: 'o', on: ['consent created', 'terms accepted'], handle: () => Promise.resolve() }],
      });
    }),
  ]);
  const off = at({});
  const on = at({ a: {}, terms: termsSettings });
  const names = (settings: typeof off.workspace.settings) => registry.scopesFor(settings).map(({ name }) => name);

  it("shows a plugin's scopes where it is enabled, and core's everywhere", () => {
    const core = standardScopes.map(({ name }) => name);
    assert.deepEqual(names(off.workspace.settings), core);
    assert.deepEqual(names(at({ a: false }).workspace.settings), core);
    assert.deepEqual(names(on.workspace.settings), [...core, 'a:read']);
  });

  it('knows whether a plugin fills a point at all, and in which workspace; core does not count', () => {
    assert.equal(registry.isFilled('scopes'), true);
    assert.equal(registry.isFilled('scopes', on.workspace.settings), true);
    assert.equal(registry.isFilled('scopes', off.workspace.settings), false);
    assert.equal(createExtensionRegistry([]).isFilled('scopes'), false);
  });

  it('releases claims where enabled', () => {
    assert.deepEqual(
      registry.claimsFor(on.workspace.settings).map(({ name }) => name),
      ['a_level'],
    );
    assert.deepEqual(registry.claimsFor(off.workspace.settings), []);
  });

  it('asks enabled plugins for the consent type first, and falls back to the generic one', () => {
    const request = { client: on.client, requestedScopes: [], authorizationDetails: [], previous: undefined, now: 0 };
    assert.equal(registry.consentTypeFor({ ...request, settings: on.workspace.settings }).id, 'a_consent');
    assert.equal(registry.consentTypeFor({ ...request, settings: off.workspace.settings }).id, 'generic');
    assert.equal(registry.consentType('a_consent')?.id, 'a_consent');
  });

  it('has steps in the order of the list, where enabled and applicable', () => {
    assert.deepEqual(
      registry.stepsFor(on).map(({ owner, value }) => `${owner}/${value.id}`),
      ['terms/terms', 'a/a_step'],
    );
    assert.deepEqual(registry.stepsFor(off), []);
    const exempt = at({ terms: { ...termsSettings, exempt_clients: ['sample-client'] } });
    assert.deepEqual(registry.stepsFor(exempt), []);
  });

  it('finds no step of a disabled plugin by its address', () => {
    assert.equal(registry.stepFor('terms', on)?.owner, 'terms');
    assert.equal(registry.stepFor('terms', off), undefined);
  });

  it('asks a session for the version of a step that stands now', () => {
    assert.deepEqual(registry.requirementsFor(on), ['step:terms@3', 'step:a_step']);
    assert.deepEqual(registry.requirementsFor(off), []);
  });

  it('publishes metadata where enabled', () => {
    assert.deepEqual(registry.discovery({ workspace: on.workspace, issuer: 'https://i' }), {
      op_tos_uri: termsSettings.url,
      a_version: 1,
    });
    assert.deepEqual(registry.discovery({ workspace: off.workspace, issuer: 'https://i' }), {});
  });

  it('transforms token responses where enabled', () => {
    const response = { access_token: 'at', token_type: 'Bearer' };
    const context = {
      client: on.client,
      grantType: 'authorization_code',
      grantedScopes: [],
      grantId: 'g',
      subject: 's',
    };
    assert.deepEqual(registry.tokenResponse(response, { ...context, workspace: on.workspace }), {
      ...response,
      grant_id: 'g',
    });
    assert.deepEqual(registry.tokenResponse(response, { ...context, workspace: off.workspace }), response);
  });

  it('lets enabled plugins decide about an authorization request', async () => {
    const request = { client: on.client, params: { evil: '1' } };
    assert.equal((await registry.authorizationRequest({ ...request, workspace: on.workspace })).kind, 'deny');
    assert.equal((await registry.authorizationRequest({ ...request, workspace: off.workspace })).kind, 'allow');
  });

  it('names what is wrong with the plugins of a workspace before they are stored', () => {
    assert.deepEqual(registry.configFaults({ a: {}, terms: termsSettings }), []);
    assert.deepEqual(registry.configFaults({ ghost: {} }), [
      { pointer: '/plugins/ghost', message: 'is not installed here' },
    ]);
    assert.deepEqual(
      registry.configFaults({ terms: { url: 'http://x.example' } }).map(({ pointer }) => pointer),
      ['/plugins/terms/url'],
    );
  });
});
