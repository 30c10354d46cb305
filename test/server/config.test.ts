/** Settings: defaults, every wrong one named at once, and no secret said aloud. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deliveryLifetimeMs } from '../../server/audit/outbox.store.ts';
import { parseDuration } from '../../server/kernel/duration.ts';
import { poolSettingsSchema } from '../../server/pools/pool.ts';
import { ConfigError, envExample, helpText, loadConfig } from '../../server/config.ts';

const key = Buffer.alloc(32, 7).toString('base64');

function problemsOf(env: Record<string, string>, argv: string[] = []): ConfigError {
  try {
    loadConfig(env, argv);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('expected a ConfigError');
}

const namesOf = (error: ConfigError): string[] => error.problems.map(({ name }) => name);

describe('loadConfig', () => {
  it('needs nothing: listens on this machine only and trusts no proxy', () => {
    const config = loadConfig({});
    assert.equal(config.http.host, '127.0.0.1');
    assert.equal(config.http.port, 8080);
    assert.deepEqual(config.http.trustedProxies, []);
    assert.equal(config.http.shutdownGraceMs, 10_000);
    assert.equal(config.publicUrl, 'http://localhost:8080');
    assert.match(config.databaseUrl, /^sqlite:\/.*\/data\/gatehouse\.db$/);
    assert.equal(config.masterKey, undefined);
    assert.deepEqual(config.outgoingAllow, []);
  });

  it('derives defaults from what was set', () => {
    const config = loadConfig({ HTTP_PORT: '9000', DATA_DIR: '/srv/gatehouse' });
    assert.equal(config.publicUrl, 'http://localhost:9000');
    assert.equal(config.databaseUrl, 'sqlite:/srv/gatehouse/gatehouse.db');
  });

  it('reads every variable', () => {
    const config = loadConfig({
      HTTP_HOST: '0.0.0.0',
      PUBLIC_URL: 'https://{tenant}.id.example.com/',
      DATABASE_URL: 'mysql://root:pw@db:3306/gatehouse',
      TEMPORAL_ADDRESS: 'temporal:7233',
      TRUSTED_PROXIES: '10.0.0.0/8, ::1',
      MASTER_KEY: key,
      ROOT_CLIENT_SECRET: 'a-secret-of-sixteen-or-more',
      DEMO: 'false',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'pretty',
      SHUTDOWN_GRACE: '1m30s',
      PASSWORD_HASH_CONCURRENCY: '3',
      SCRIPTS_ISOLATION: 'none',
      SCRIPTS_CHILDREN: '12',
      OUTGOING_ALLOW: 'Hooks.Internal,10.1.0.0/16',
    });
    assert.equal(config.publicUrl, 'https://{tenant}.id.example.com');
    assert.equal(config.databaseUrl, 'mysql://root:pw@db:3306/gatehouse');
    assert.equal(config.temporal.address, 'temporal:7233');
    assert.deepEqual(config.http.trustedProxies, ['10.0.0.0/8', '::1']);
    assert.equal(config.masterKey, key);
    assert.equal(config.demo.enabled, false);
    assert.deepEqual(config.log, { level: 'warn', format: 'pretty' });
    assert.equal(config.http.shutdownGraceMs, 90_000);
    assert.equal(config.passwordHashConcurrency, 3);
    assert.deepEqual(config.scripts, { isolation: 'none', children: 12 });
    assert.deepEqual(config.outgoingAllow, ['hooks.internal', '10.1.0.0/16']);
  });

  it('is frozen all the way down', () => {
    const config = loadConfig({ TRUSTED_PROXIES: '10.0.0.1' });
    assert.ok(Object.isFrozen(config));
    assert.ok(Object.isFrozen(config.http));
    assert.ok(Object.isFrozen(config.http.trustedProxies));
  });

  it('counts an empty variable as unset', () => {
    assert.equal(loadConfig({ HTTP_PORT: '', MASTER_KEY: '' }).http.port, 8080);
  });

  it('names every wrong variable at once, what it holds, and what it may hold', () => {
    const error = problemsOf({
      HTTP_PORT: '80a',
      HTTP_HOST: 'not a host',
      LOG_LEVEL: 'loud',
      TRUSTED_PROXIES: '10.0.0.0/99',
      DEMO: 'yes',
      SHUTDOWN_GRACE: 'soon',
      DEFAULT_TENANT: 'Ünï',
      TEMPORAL_ADDRESS: 'temporal',
      DATABASE_URL: 'postgres://h/d',
    });
    assert.deepEqual(namesOf(error).sort(), [
      'DATABASE_URL',
      'DEFAULT_TENANT',
      'DEMO',
      'HTTP_HOST',
      'HTTP_PORT',
      'LOG_LEVEL',
      'SHUTDOWN_GRACE',
      'TEMPORAL_ADDRESS',
      'TRUSTED_PROXIES',
    ]);
    assert.match(error.message, /HTTP_PORT is "80a": it may hold a port from 1 to 65535\./);
    assert.match(error.message, /LOG_LEVEL is "loud": it may hold debug, info, warn, error or silent\./);
  });

  it('masks secrets in errors', () => {
    const secrets = {
      MASTER_KEY: 'hunter2-master',
      ROOT_CLIENT_SECRET: 'hunter2-root',
      DEMO_PASSWORD: 'hunter2',
      METRICS_TOKEN: 'hunter2-metrics',
      DATABASE_URL: 'postgres://root:hunter2@db/gatehouse',
    };
    const error = problemsOf(secrets);
    assert.deepEqual(namesOf(error).sort(), Object.keys(secrets).sort());
    assert.doesNotMatch(error.message, /hunter2/);
    assert.match(error.message, /MASTER_KEY is \(hidden, 14 characters\)/);
  });

  it('cannot be made to print control characters', () => {
    const error = problemsOf({ LOG_LEVEL: 'a\u001b[2J\nb' });
    assert.equal(error.message.split('\n').length, 3);
    assert.ok(!error.message.includes('\u001b'));
  });

  for (const url of [
    'ftp://id.example.com',
    'https://user:pw@id.example.com',
    'https://id.example.com/path',
    'https://id.example.com?x=1',
    'https://id.example.com/{tenant}',
    'https://{tenant}.{tenant}.example.com',
    'https://id.{tenant}.example.com',
    'https://{tenant}',
    'http://{tenant}.id.example.com',
    'https://ID.example.com',
    'https://id.example.com:443',
    'nonsense',
  ]) {
    it(`refuses PUBLIC_URL ${url}`, () => {
      assert.deepEqual(namesOf(problemsOf({ PUBLIC_URL: url })), ['PUBLIC_URL']);
    });
  }

  it('takes a tenant’s origin without https on this machine', () => {
    assert.equal(
      loadConfig({ PUBLIC_URL: 'http://{tenant}.localhost:8080' }).publicUrl,
      'http://{tenant}.localhost:8080',
    );
  });

  it('refuses plain http to the outside in production', () => {
    const env = { PUBLIC_URL: 'http://id.example.com' };
    assert.equal(loadConfig(env).publicUrl, 'http://id.example.com');
    assert.deepEqual(namesOf(problemsOf({ ...env, NODE_ENV: 'production' })), ['PUBLIC_URL']);
    assert.equal(loadConfig({ NODE_ENV: 'production' }).production, true);
  });

  it('takes exact origins of Temporal UIs elsewhere, and no pattern', () => {
    assert.deepEqual(loadConfig({}).temporal.uiOrigins, []);
    const TEMPORAL_UI_ORIGINS = 'https://temporal.example.com, http://localhost:9000';
    assert.deepEqual(loadConfig({ TEMPORAL_UI_ORIGINS }).temporal.uiOrigins, [
      'https://temporal.example.com',
      'http://localhost:9000',
    ]);
    const error = problemsOf({ TEMPORAL_UI_ORIGINS: '*' });
    assert.match(error.message, /TEMPORAL_UI_ORIGINS is "\*": it may hold origins .*, each in full and without \*\./);
  });

  it('keeps audit events for a year, and never for less than their delivery may take', () => {
    assert.equal(loadConfig({}).auditRetentionMs, 365 * 24 * 3_600_000);
    assert.equal(loadConfig({ AUDIT_RETENTION_DAYS: '15' }).auditRetentionMs, 15 * 24 * 3_600_000);
    assert.ok(loadConfig({ AUDIT_RETENTION_DAYS: '15' }).auditRetentionMs > deliveryLifetimeMs);
    const error = problemsOf({ AUDIT_RETENTION_DAYS: '14' });
    assert.match(error.message, /AUDIT_RETENTION_DAYS is "14": it may hold a number of days from 15 to 36500\./);
  });

  it('keeps who registered for as long as the longest code to activate with is good', () => {
    const dayMs = 24 * 3_600_000;
    assert.equal(loadConfig({}).registrationRetentionMs, 30 * dayMs);
    const ttl = (text: string) => poolSettingsSchema.safeParse({ otp_settings: { activation: { ttl: text } } }).success;
    assert.deepEqual([ttl('720h'), ttl('720h1m')], [true, false]);
    assert.ok(loadConfig({}).registrationRetentionMs >= (parseDuration('720h') ?? Infinity));
    const error = problemsOf({ REGISTRATION_RETENTION_DAYS: '29' });
    assert.match(error.message, /REGISTRATION_RETENTION_DAYS is "29": it may hold a number of days from 30 to 36500\./);
  });

  it('begins with no tenant whose id is reserved', () => {
    for (const id of ['system', 'tenants', 'ops']) {
      const error = problemsOf({ DEFAULT_TENANT: id });
      assert.match(error.message, /DEFAULT_TENANT is "[a-z]+": it may hold none of system, .*: they are reserved\./);
    }
  });

  it('has a demo on this machine only, unless it is switched on', () => {
    assert.equal(loadConfig({}).demo.enabled, true);
    assert.equal(loadConfig({ NODE_ENV: 'production' }).demo.enabled, false);
    assert.equal(loadConfig({ PUBLIC_URL: 'https://id.example.com' }).demo.enabled, false);
    assert.equal(loadConfig({ PUBLIC_URL: 'https://id.example.com', DEMO: 'true' }).demo.enabled, true);
  });

  it('lets a flag go before the environment, but no secret be a flag', () => {
    assert.equal(loadConfig({ HTTP_PORT: '9000' }, ['worker', '--http-port=9001']).http.port, 9001);
    const error = problemsOf({}, ['--master-key=hunter2', '--no-such=1']);
    assert.deepEqual(namesOf(error), ['--master-key', '--no-such']);
    assert.doesNotMatch(error.message, /hunter2/);
  });

  describe('with a secret in a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
    const file = join(folder, 'secret');
    writeFileSync(file, `${key}\n`);
    after(() => {
      rmSync(folder, { recursive: true });
    });

    it('reads it without its newline', () => {
      assert.equal(loadConfig({ MASTER_KEY_FILE: file }).masterKey, key);
    });

    it('refuses a file that cannot be read, and a file beside the variable', () => {
      const error = problemsOf({
        MASTER_KEY_FILE: join(folder, 'none'),
        ROOT_CLIENT_SECRET_FILE: file,
        ROOT_CLIENT_SECRET: key,
      });
      assert.deepEqual(namesOf(error), ['MASTER_KEY_FILE', 'ROOT_CLIENT_SECRET_FILE']);
    });

    it('has no file for what is no secret', () => {
      assert.equal(loadConfig({ HTTP_PORT_FILE: file }).http.port, 8080);
    });
  });
});

describe('.env.example', () => {
  it('is what the table of settings says', () => {
    assert.equal(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8'), envExample());
  });

  it('gives the defaults when its lines are used as they stand', () => {
    const lines = envExample().matchAll(/^#([A-Z_]+)=(.*)$/gm);
    const env = Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
    assert.deepEqual(loadConfig(env), loadConfig({}));
  });
});

describe('--help', () => {
  it('names every variable of .env.example with its doc', () => {
    const names = [...envExample().matchAll(/^#([A-Z_]+)=/gm)].map(([, name = '']) => name);
    assert.ok(names.length >= 25);
    for (const name of names) assert.match(helpText(), new RegExp(`^ {2}${name}\\b.*\\n {6}\\S`, 'm'));
  });
});
