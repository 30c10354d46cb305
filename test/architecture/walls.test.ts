/** The tree keeps every wall; and every wall stands: its violation, planted in a small tree, is caught by it and by no other. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, violationsIn, violationsOfPlant, wallNames } from '../support/cruise.ts';

interface Plant {
  readonly wall: string;
  readonly files: Readonly<Record<string, string>>;
  /** Walls that this plant cannot help breaking too. */
  readonly also?: readonly string[];
}

const leaf = 'export const it = 1;\n';
const needs = (path: string) => `import { it } from '${path}';\nexport const own = it;\n`;
const needsPackage = (name: string) => `import * as it from '${name}';\nexport const own = it;\n`;
const needsType = (name: string) => `import type * as it from '${name}';\nexport type Own = typeof it;\n`;

const plants: readonly Plant[] = [
  {
    wall: 'the-command-line-is-a-client',
    files: { 'cli/a.ts': needs('../server/net/a.ts'), 'server/net/a.ts': leaf },
  },
  {
    wall: 'no-cycles',
    files: {
      'server/net/a.ts': "import { b } from './b.ts';\nexport const a = 1;\nexport const c = b;\n",
      'server/net/b.ts': "import { a } from './a.ts';\nexport const b = a;\n",
    },
  },
  {
    wall: 'no-cycles',
    files: {
      'server/net/a.ts': "import type { B } from './b.ts';\nexport interface A { b: B }\n",
      'server/net/b.ts': "import type { A } from './a.ts';\nexport interface B { a: A }\n",
    },
  },
  { wall: 'no-orphans', files: { 'server/net/left-over.ts': leaf } },
  { wall: 'no-dev-dependency', files: { 'server/net/a.ts': needsPackage('prettier') } },
  { wall: 'no-dev-dependency', files: { 'server/net/a.ts': needsPackage('koa') } },
  { wall: 'no-unresolvable', files: { 'server/net/a.ts': needs('./nowhere.ts') } },
  {
    wall: 'nobody-imports-tests',
    files: { 'server/net/a.ts': needs('../../test/support/x.ts'), 'test/support/x.ts': leaf },
  },
  { wall: 'kernel-is-the-floor', files: { 'server/kernel/a.ts': needs('../net/a.ts'), 'server/net/a.ts': leaf } },
  { wall: 'kernel-is-the-floor', files: { 'server/kernel/a.ts': needsPackage('node:fs') } },
  {
    wall: 'nouns-are-pure',
    files: { 'server/clients/client.ts': needs('./client.store.ts'), 'server/clients/client.store.ts': leaf },
  },
  { wall: 'nouns-are-pure', files: { 'server/clients/client.ts': needsType('express') } },
  {
    wall: 'nouns-are-pure',
    files: { 'server/credentials/password/password.ts': needs('../../http/bearer.ts'), 'server/http/bearer.ts': leaf },
  },
  {
    wall: 'services-know-no-transport',
    files: { 'server/clients/client.service.ts': needs('./client.store.ts'), 'server/clients/client.store.ts': leaf },
  },
  { wall: 'services-know-no-transport', files: { 'server/clients/client.service.ts': needsType('express') } },
  {
    wall: 'routes-never-touch-sql',
    files: { 'server/clients/client.routes.ts': needs('./client.store.ts'), 'server/clients/client.store.ts': leaf },
  },
  {
    wall: 'routes-never-touch-sql',
    files: { 'server/clients/client.routes.ts': needs('../db/knex.ts'), 'server/db/knex.ts': leaf },
  },
  { wall: 'sql-lives-in-stores', files: { 'server/ops/metrics.ts': needsPackage('knex') } },
  { wall: 'sql-lives-in-stores', files: { 'server/ops/metrics.ts': needsType('knex') } },
  { wall: 'sql-lives-in-stores', files: { 'test/server/ops/metrics.test.ts': needsPackage('better-sqlite3') } },
  {
    wall: 'kinds-are-known-by-their-interface',
    files: {
      'server/interactions/first-factor-page.ts': needs('../credentials/otp/otp-kind.ts'),
      'server/credentials/otp/otp-kind.ts': leaf,
    },
  },
  {
    wall: 'kinds-are-known-by-their-interface',
    files: {
      'server/credentials/credential-kind.ts': needsType('./passkey/passkey.ts'),
      'server/credentials/passkey/passkey.ts': leaf,
    },
  },
  {
    wall: 'kinds-do-not-meet',
    files: {
      'server/credentials/password/password.service.ts': needs('../passkey/passkey.ts'),
      'server/credentials/passkey/passkey.ts': leaf,
    },
  },
  {
    wall: 'an-offered-passkey-is-a-passkey',
    files: {
      'server/interactions/passkey-offer.ts': needs('../credentials/password/password.ts'),
      'server/credentials/password/password.ts': leaf,
    },
  },
  {
    wall: 'lists-of-people-know-hashes',
    files: {
      'server/idps/idp.service.ts': needs('../credentials/password/password.service.ts'),
      'server/credentials/password/password.service.ts': leaf,
    },
  },
  {
    wall: 'definitions-see-the-contract-only',
    files: { 'workflows/definitions/a.ts': needs('../codec.ts'), 'workflows/codec.ts': leaf },
  },
  {
    wall: 'definitions-see-the-contract-only',
    files: { 'workflows/definitions/a.ts': needsPackage('@temporalio/client') },
  },
  { wall: 'definitions-see-the-contract-only', files: { 'workflows/definitions/a.ts': needsPackage('zod') } },
  {
    wall: 'definitions-never-reach-node',
    files: {
      'workflows/definitions/a.ts': needs('../contract/b.ts'),
      'workflows/contract/b.ts': needs('../../server/kernel/ids.ts'),
      'server/kernel/ids.ts': needsPackage('node:crypto'),
    },
    // The way out leads through another wall: this one stands behind it.
    also: ['contract-is-plain', 'workflows-stand-alone'],
  },
  { wall: 'contract-is-plain', files: { 'workflows/contract/a.ts': needsType('zod') } },
  { wall: 'contract-is-plain', files: { 'workflows/contract/a.ts': needs('../codec.ts'), 'workflows/codec.ts': leaf } },
  {
    wall: 'activities-call-services',
    files: {
      'server/clients/client.activities.ts': needs('./client.store.ts'),
      'server/clients/client.store.ts': leaf,
    },
  },
  {
    wall: 'activities-call-services',
    files: { 'server/clients/client.activities.ts': needsPackage('@temporalio/activity') },
  },
  {
    wall: 'workflows-stand-alone',
    files: { 'workflows/worker.ts': needs('../server/kernel/clock.ts'), 'server/kernel/clock.ts': leaf },
  },
  {
    wall: 'server-meets-workflows-at-the-door',
    files: { 'server/ops/health.ts': needs('../../workflows/worker.ts'), 'workflows/worker.ts': leaf },
  },
  {
    wall: 'entry-wires-no-definition',
    files: { 'server/compose.ts': needs('../workflows/definitions/index.ts'), 'workflows/definitions/index.ts': leaf },
  },
  { wall: 'temporal-stays-in-workflows', files: { 'server/ops/health.ts': needsPackage('@temporalio/client') } },
  { wall: 'temporal-stays-in-workflows', files: { 'server/compose.ts': needsPackage('@temporalio/worker') } },
  {
    wall: 'core-knows-no-plugin',
    files: { 'server/ops/health.ts': needs('../../plugins/fdx/index.ts'), 'plugins/fdx/index.ts': leaf },
  },
  {
    wall: 'plugins-do-not-meet',
    files: { 'plugins/fdx/index.ts': needs('../opin/index.ts'), 'plugins/opin/index.ts': leaf },
  },
  {
    wall: 'plugins-use-the-kit',
    files: {
      'plugins/fdx/index.ts': needs('../../server/extension-points/plugin.ts'),
      'server/extension-points/plugin.ts': leaf,
    },
  },
  {
    wall: 'kit-shows-types-of-core',
    files: { 'plugins/kit/index.ts': needs('../../server/oauth2/provider.ts'), 'server/oauth2/provider.ts': leaf },
  },
  {
    wall: 'kit-shows-types-of-core',
    files: {
      'plugins/kit/index.ts': needs('../../server/clients/client.store.ts'),
      'server/clients/client.store.ts': leaf,
    },
  },
  {
    wall: 'scripts-runtime-stands-alone',
    files: { 'scripts-runtime/child.ts': needs('../server/kernel/clock.ts'), 'server/kernel/clock.ts': leaf },
  },
  { wall: 'isolates-stay-in-children', files: { 'scripts-runtime/pool.ts': needsType('isolated-vm') } },
  { wall: 'isolates-stay-in-children', files: { 'server/ops/health.ts': needsPackage('isolated-vm') } },
  {
    wall: 'children-are-given-nothing',
    files: { 'scripts-runtime/child/main.ts': needs('../pool.ts'), 'scripts-runtime/pool.ts': leaf },
  },
  {
    wall: 'children-are-given-nothing',
    files: { 'scripts-runtime/guest/start.ts': needs('../child/run.ts'), 'scripts-runtime/child/run.ts': leaf },
  },
];

/** What is allowed, planted too: a wall that catches everything would prove nothing. */
const lawful: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'the entry builds everything': {
    'server/compose.ts': `${needs('./clients/client.store.ts')}${needs('../workflows/worker.ts').replaceAll('it', 'worker').replace('own', 'other')}`,
    'server/clients/client.store.ts': `${needsType('knex')}export const it = 1;\n`,
    'workflows/worker.ts': `${needsPackage('@temporalio/worker')}export const worker = 1;\n`,
  },
  'the list knows every kind, a kind itself and its interface': {
    'server/compose-kinds.ts': needs('./credentials/otp/otp.credential.ts'),
    'server/credentials/otp/otp.credential.ts': needs('./otp-kind.ts').concat(leaf),
    'server/credentials/otp/otp-kind.ts': needs('../credential-kind.ts').concat(leaf),
    'server/credentials/credential-kind.ts': leaf,
  },
  'a service knows its noun, a route its service': {
    'server/clients/client.routes.ts': `${needsType('express')}${needs('./client.service.ts').replace('own', 'other')}`,
    'server/clients/client.service.ts': needs('./client.ts').concat(leaf),
    'server/clients/client.ts': needs('../kernel/clock.ts').concat(leaf),
    'server/kernel/clock.ts': leaf,
  },
  'a plugin knows the kit, the kit the extension points': {
    'plugins/fdx/index.ts': needs('../kit/index.ts').concat(
      needs('./deep/consent.ts').replaceAll('own', 'other').replaceAll('it', 'deep'),
    ),
    'plugins/fdx/deep/consent.ts': 'export const deep = 1;\n',
    'plugins/kit/index.ts': needs('../../server/extension-points/plugin.ts').concat(leaf),
    'server/extension-points/plugin.ts': leaf,
  },
  'a definition knows its contract and Temporal': {
    'workflows/definitions/a.ts': needs('../contract/b.ts').concat(
      needsPackage('@temporalio/workflow').replaceAll('own', 'other').replaceAll('it', 'temporal'),
    ),
    'workflows/contract/b.ts': leaf,
  },
};

describe('the walls', function () {
  it('are kept by this tree', async () => {
    const rooms = ['server', 'workflows', 'plugins', 'migrations', 'templates', 'scripts-runtime', 'cli', 'test'];
    const violations = await violationsIn(
      projectRoot,
      rooms.filter((room) => existsSync(join(projectRoot, room))),
    );
    assert.deepEqual(
      violations.map(({ rule, from, to }) => `${rule}: ${from} → ${to}`),
      [],
    );
  });

  it('have a plant each', async () => {
    const planted = new Set(plants.map(({ wall }) => wall));
    assert.deepEqual(
      (await wallNames()).filter((name) => !planted.has(name)),
      [],
    );
  });

  for (const { wall, files, also = [] } of plants) {
    const [path = ''] = Object.keys(files);
    const imported = /from '([^']+)'/.exec(files[path] ?? '')?.[1] ?? 'nothing';
    it(`${wall} catches ${path} → ${imported}`, async () => {
      const rules = new Set((await violationsOfPlant(files)).map(({ rule }) => rule));
      assert.deepEqual([...rules].sort(), [wall, ...also].sort());
    });
  }

  for (const [what, files] of Object.entries(lawful)) {
    it(`let through: ${what}`, async () => {
      assert.deepEqual(await violationsOfPlant(files), []);
    });
  }
});
