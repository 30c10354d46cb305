/** The kit's check passes a plugin that holds, and names each fault of one that does not. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { definePlugin, type LoginStep, type Plugin, type PluginManifest } from '../../../plugins/kit/index.ts';
import { checkPlugin } from '../../../plugins/kit/test-kit.ts';
import { terms } from '../../support/plugins/terms/terms.ts';

const settings = { version: 2, url: 'https://bank.example/terms' };
const templates = new URL('../../support/plugins/terms/templates/', import.meta.url);

const noSettings = z.object({});
const plugin = (parts: Partial<PluginManifest<typeof noSettings>>): Plugin =>
  definePlugin({ id: 'faulty', title: 'Faulty', config: { workspace: noSettings }, setup: () => undefined, ...parts });

const step = (parts: Partial<LoginStep>): LoginStep => ({
  id: 'faulty',
  title: 'Faulty',
  appliesTo: () => true,
  requirement: () => 'step:faulty',
  page: () => ({ template: 'accept', data: { application: 'x', url: 'https://x.example', version: 1 } }),
  handle: () => ({ kind: 'passed', data: {} }),
  ...parts,
});

describe('checkPlugin', () => {
  it('passes the sample plugin', () => checkPlugin(terms, { settings }));

  it('names settings that the schema refuses', () =>
    assert.rejects(
      checkPlugin(terms, { settings: { version: 0, url: 'http://plain.example' } }),
      /\/plugins\/terms\/version/,
    ));

  it('names what keeps core from booting', () =>
    assert.rejects(
      checkPlugin(
        plugin({
          setup: (ext) => {
            ext.scopes([{ name: 'a b', displayName: '', description: '', implicitGrant: false, kind: 'api' }]);
          },
        }),
        { settings: {} },
      ),
      /scope "a b" is no scope token/,
    ));

  const faults: readonly (readonly [what: string, plugin: Plugin, message: RegExp])[] = [
    [
      'a table that was not declared',
      plugin({
        migrations: [
          {
            name: '0001_things',
            tables: [],
            up: (db) =>
              db.schema.createTable('faulty_things', (table) => {
                table.increments();
              }),
            down: (db) => db.schema.dropTable('faulty_things'),
          },
        ],
      }),
      /table "faulty_things" was not declared/,
    ],
    [
      "a table in another's name",
      plugin({
        migrations: [
          {
            name: '0001_things',
            tables: [],
            up: (db) =>
              db.schema.createTable('users', (table) => {
                table.increments();
              }),
            down: (db) => db.schema.dropTable('users'),
          },
        ],
      }),
      /table "users" does not begin with "faulty_"/,
    ],
    [
      'a migration that cannot be taken back',
      plugin({
        migrations: [
          {
            name: '0001_things',
            tables: ['faulty_things'],
            up: (db) =>
              db.schema.createTable('faulty_things', (table) => {
                table.increments();
              }),
            down: () => Promise.resolve(),
          },
        ],
      }),
      /table "faulty_things" was not declared, or not dropped/,
    ],
    [
      'a page without a template',
      plugin({
        templates,
        setup: (ext) => {
          ext.steps([step({ page: () => ({ template: 'missing', data: {} }) })]);
        },
      }),
      /ENOENT.*missing\.hbs/,
    ],
    [
      'a page whose data lacks what its template shows',
      plugin({
        templates,
        setup: (ext) => {
          ext.steps([step({ page: () => ({ template: 'accept', data: {} }) })]);
        },
      }),
      /"application" not defined/,
    ],
    [
      'a step that asks for the requirement of another',
      plugin({
        templates,
        setup: (ext) => {
          ext.steps([step({ requirement: () => 'idp:demo' })]);
        },
      }),
      /requirement "idp:demo"/,
    ],
    [
      'metadata that was not declared',
      plugin({
        setup: (ext) => {
          ext.discovery({ members: [], values: () => ({ issuer: 'https://evil.example' }) });
        },
      }),
      /discovery member "issuer" was not declared/,
    ],
    [
      'a transform that changes what the engine issued',
      plugin({
        setup: (ext) => {
          ext.tokenResponse((response) => ({ ...response, access_token: 'mine' }));
        },
      }),
      /the member "access_token" was changed/,
    ],
    [
      'a transform that writes into what it was given',
      plugin({
        setup: (ext) => {
          ext.tokenResponse((response) => Object.assign(response, { more: 1 }));
        },
      }),
      /not extensible/,
    ],
  ];
  for (const [what, faulty, message] of faults) {
    it(`names ${what}`, () => assert.rejects(checkPlugin(faulty, { settings: {} }), message));
  }
});

describe('templates of a step', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-kit-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [source, why] of [
    ['{{{application}}}', 'prints something unescaped'],
    ['<script src="/x.js"></script>', 'brings a form or a script of its own'],
    ['<b onclick="x()">x</b>', 'has inline script or style'],
    ['</form><form action="https://evil.example">', 'brings a form or a script of its own'],
    ['<a href="{{application}}">x</a>', 'fills an address without link'],
    ['{{missing}}', '"missing" not defined'],
  ] as const) {
    it(`are refused where one ${why}`, async () => {
      await writeFile(join(folder, 'page.hbs'), source);
      const faulty = plugin({
        templates: pathToFileURL(`${folder}/`),
        setup: (ext) => {
          ext.steps([step({ page: () => ({ template: 'page', data: { application: 'x' } }) })]);
        },
      });
      await assert.rejects(checkPlugin(faulty, { settings: {} }), new RegExp(why));
    });
  }
});
