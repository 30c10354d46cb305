/** Every setting of the process: its name, its default, what it does, and how text becomes a frozen Config. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config/config-error.ts';
import * as kind from './config/kinds.ts';
import { pairProblems } from './config/pairs.ts';
import { problemsIn } from './config/problems.ts';
import { isLoopbackHost } from './config/public-url.ts';
import type { Region } from './config/regions.ts';
import { gather } from './config/sources.ts';
import type { About, Environment, Table } from './config/sources.ts';
import * as texts from './config/texts.ts';
import { deepFreeze } from './kernel/deep-freeze.ts';

export { ConfigError } from './config/config-error.ts';

export interface Config {
  readonly production: boolean;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Addresses and CIDR blocks whose X-Forwarded-* headers count. */
    readonly trustedProxies: readonly string[];
    readonly shutdownGraceMs: number;
  };
  /** An origin without a trailing slash; holds `{tenant}` where every tenant has an origin of its own. */
  readonly publicUrl: string;
  /** Absolute path. */
  readonly dataDir: string;
  /** `sqlite:` with an absolute path (or `sqlite::memory:`), or `mysql://…`. */
  readonly databaseUrl: string;
  readonly temporal: {
    /** Undefined: start the development server. */
    readonly address: string | undefined;
    readonly namespace: string;
    readonly port: number;
    readonly uiPort: number;
    /** Exact origins of Temporal UIs elsewhere. */
    readonly uiOrigins: readonly string[];
    readonly taskQueue: string;
  };
  /** Steps of logins that run at once; the others wait their turn. */
  readonly loginConcurrency: number;
  readonly passwordHashConcurrency: number;
  readonly scripts: { readonly isolation: (typeof isolations)[number]; readonly children: number };
  /** How long runs of scripts are kept, counted from the end of their logins. */
  readonly scriptRunRetentionMs: number;
  /** Base64 of 32 bytes; undefined: kept in the data folder. */
  readonly masterKey: string | undefined;
  readonly rootClient: { readonly id: string; readonly secret: string | undefined };
  readonly defaultTenant: string;
  /** Deployments among which people choose, this one included; empty where there is one alone. */
  readonly regions: readonly Region[];
  /** Undefined: mails stay in a mailbox on this machine, or are not sent at all. */
  readonly mail: { readonly url: string | undefined; readonly from: string; readonly mailbox: boolean };
  /** Undefined: texts stay in the same mailbox, or are not sent at all. */
  readonly sms: { readonly url: string; readonly token: string } | undefined;
  readonly demo: { readonly enabled: boolean; readonly workspace: string; readonly password: string | undefined };
  readonly log: { readonly level: LogLevel; readonly format: 'json' | 'pretty' };
  /** How long audit events are kept. */
  readonly auditRetentionMs: number;
  /** How long who registered themselves has to activate. */
  readonly registrationRetentionMs: number;
  readonly metrics: { readonly token: string | undefined };
  /** Hosts, addresses and CIDR blocks that outgoing requests may reach although they are private. */
  readonly outgoingAllow: readonly string[];
}

const dayMs = 86_400_000;
const isolations = ['namespaces', 'none'] as const;
const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const abouts = z.registry<About>();

/** One line of the table: what the variable may hold, its default and its doc. */
function setting<Kind extends z.ZodType>(kindOfValue: Kind, about: About): Kind {
  const own = kindOfValue.clone();
  abouts.add(own, about);
  return own;
}

const settings = z.object({
  NODE_ENV: setting(kind.text, {
    fallback: 'development',
    doc: 'In production, PUBLIC_URL has to be https (save on this machine) and there is no demo unless DEMO=true.',
  }),
  HTTP_HOST: setting(kind.hostName, {
    fallback: '127.0.0.1',
    doc: 'Address to listen on. Use 0.0.0.0 in a container.',
  }),
  HTTP_PORT: setting(kind.port, { fallback: '8080', doc: 'Port to listen on.' }),
  PUBLIC_URL: setting(kind.publicUrl, {
    fallback: 'http://localhost:{HTTP_PORT}',
    doc:
      'Origin that browsers and clients use. Issuers, cookies and passkeys derive from it, so it must never change. ' +
      'https://{tenant}.id.example.com gives every tenant an origin of its own: do that wherever tenants are ' +
      'strangers to each other.',
  }),
  TRUSTED_PROXIES: setting(kind.addressBlocks, {
    fallback: '',
    doc: 'Addresses and CIDR blocks of reverse proxies, divided by commas. X-Forwarded-* counts from them only.',
  }),
  SHUTDOWN_GRACE: setting(kind.duration(0, 600_000), {
    fallback: '10s',
    doc: 'How long requests in progress may take to finish after SIGTERM.',
  }),
  DATA_DIR: setting(kind.text, {
    fallback: './data',
    doc: 'Folder of the embedded database, of the master key and of the Temporal development server.',
  }),
  DATABASE_URL: setting(kind.databaseUrl, {
    fallback: 'sqlite:{DATA_DIR}/gatehouse.db',
    secret: true,
    doc: 'sqlite:path/to/file, or mysql://user:password@host:3306/database.',
  }),
  TEMPORAL_ADDRESS: setting(kind.hostAndPort.optional(), {
    unset: 'a development server is started',
    doc: 'host:port of the Temporal cluster that runs the logins.',
  }),
  TEMPORAL_NAMESPACE: setting(kind.text, { fallback: 'default', doc: 'Namespace of the logins.' }),
  TEMPORAL_TASK_QUEUE: setting(kind.text, { fallback: 'gatehouse', doc: 'Task queue of the logins.' }),
  TEMPORAL_PORT: setting(kind.port, { fallback: '7233', doc: 'Port of the Temporal development server.' }),
  TEMPORAL_UI_PORT: setting(kind.port, {
    fallback: '8233',
    doc: 'Port of the Temporal UI on this machine, whose pages may use /ops/codec.',
  }),
  TEMPORAL_UI_ORIGINS: setting(kind.origins, {
    fallback: '',
    doc:
      'Origins of Temporal UIs elsewhere, divided by commas, such as https://temporal.example.com: beside the one on ' +
      'this machine, only their pages may use /ops/codec.',
  }),
  LOGIN_CONCURRENCY: setting(kind.count(1, 1024), {
    fallback: '8',
    doc: 'Steps of logins that run at once; the others queue. About eight for two cores.',
  }),
  PASSWORD_HASH_CONCURRENCY: setting(kind.count(1, 256).optional(), {
    unset: 'one per core',
    doc: 'Password hashes computed at once; each keeps a core busy for about 10 ms and takes 19 MiB.',
  }),
  SCRIPTS_ISOLATION: setting(kind.oneOf(isolations), {
    fallback: 'namespaces',
    doc: 'namespaces (Linux), or none: scripts that break out of their process then reach the network.',
  }),
  SCRIPTS_CHILDREN: setting(kind.count(2, 64), { fallback: '6', doc: 'Processes of scripts; replays have 3 more.' }),
  MASTER_KEY: setting(kind.key256.optional(), {
    unset: 'made at the first start and kept in DATA_DIR',
    secret: true,
    doc: 'Base64 of the 32 bytes that seal all secrets at rest. Without it nothing sealed can be read again.',
  }),
  ROOT_CLIENT_ID: setting(kind.text, {
    fallback: 'system',
    doc: 'Client of the root tenant that may manage every tenant.',
  }),
  ROOT_CLIENT_SECRET: setting(kind.secret(16).optional(), {
    unset: 'generated at the first start and shown once',
    secret: true,
    doc: 'Secret of that client.',
  }),
  DEFAULT_TENANT: setting(kind.tenant, { fallback: 'default', doc: 'Tenant that the first start creates.' }),
  REGIONS: setting(kind.regions, {
    fallback: '',
    doc:
      'Deployments that a person chooses among at /tenants, divided by commas, each as name=PUBLIC_URL, such as ' +
      'Europe=https://eu.id.example.com,America=https://us.id.example.com. This one has to be among them.',
  }),
  MAIL_URL: setting(kind.mailUrl.optional(), {
    unset: 'no mails; with a PUBLIC_URL on this machine they can be read at /ops/mailbox',
    secret: true,
    doc: 'smtps://user:password@host:465, or smtp:// for STARTTLS: where mails are handed in.',
  }),
  MAIL_FROM: setting(kind.mailFrom, {
    fallback: 'Gatehouse <no-reply@localhost>',
    doc: 'Whom mails come from: an address, or a name and an address in angle brackets.',
  }),
  SMS_URL: setting(kind.smsUrl.optional(), {
    unset: 'no texts; with a PUBLIC_URL on this machine they can be read at /ops/mailbox',
    doc: 'https:// address of an SMS provider, to which {"to":"+442079460958","text":"…"} is posted.',
  }),
  SMS_TOKEN: setting(kind.secret(8).optional(), {
    unset: 'needed where SMS_URL is set',
    secret: true,
    doc: 'Bearer token that the SMS provider asks for.',
  }),
  DEMO: setting(kind.flag.optional(), {
    unset: 'true where PUBLIC_URL is on this machine and NODE_ENV is not production',
    doc: 'Whether the first start seeds the demonstration: a workspace, a person, and an application at /demo.',
  }),
  DEMO_WORKSPACE: setting(kind.chosenId, { fallback: 'demo', doc: 'Workspace of the demonstration.' }),
  DEMO_PASSWORD: setting(kind.secret(8).optional(), {
    unset: 'generated at the first start and shown once',
    secret: true,
    doc: 'Password of the person of the demonstration.',
  }),
  LOG_LEVEL: setting(kind.oneOf(logLevels), { fallback: 'info', doc: 'debug, info, warn, error or silent.' }),
  LOG_FORMAT: setting(kind.oneOf(['json', 'pretty']), {
    fallback: 'json',
    doc: 'json: an object a line. pretty: for people.',
  }),
  AUDIT_RETENTION_DAYS: setting(kind.count(15, 36_500, 'a number of days'), {
    fallback: '365',
    doc: 'How many days audit events are kept. At least 15: an observer may take 14 to be told.',
  }),
  REGISTRATION_RETENTION_DAYS: setting(kind.count(30, 36_500, 'a number of days'), {
    fallback: '30',
    doc:
      'After how many days somebody who registered themselves and never activated is removed. At least 30: a code ' +
      'for it may be good for as long.',
  }),
  SCRIPT_RUN_RETENTION_DAYS: setting(kind.count(1, 3650), { fallback: '14', doc: 'Days for which script runs stay.' }),
  METRICS_TOKEN: setting(kind.secret(16).optional(), {
    unset: '/metrics answers requests from this machine only',
    secret: true,
    doc: 'Bearer token that /metrics asks for.',
  }),
  OUTGOING_ALLOW: setting(kind.hostsAndBlocks, {
    fallback: '',
    doc:
      'Hosts, addresses and CIDR blocks, divided by commas, that outgoing requests (jwks_uri, webhooks) may reach ' +
      'although they are private.',
  }),
});

const table: Table = new Map(
  Object.entries(settings.shape).map(([name, schema]): [string, About] => [name, abouts.get(schema) ?? { doc: '' }]),
);

/** What `--help` prints. */
export const helpText = (): string => texts.helpText(table);

/** The content of `.env.example`. */
export const envExample = (): string => texts.envExample(table);

/**
 * Reads the settings. A variable that is empty counts as unset.
 * @param argv arguments after the script; `--http-port=8081` goes before the environment, words without dashes are left alone
 * @throws ConfigError that names every variable that is wrong
 */
export function loadConfig(env: Environment, argv: readonly string[] = []): Config {
  const gathered = gather(table, env, argv);
  const parsed = settings.safeParse(gathered.values);
  const wrong = [
    ...gathered.problems,
    ...(parsed.success ? [] : problemsIn(parsed.error, table, gathered)),
    ...pairProblems(gathered.values),
  ];
  if (!parsed.success || wrong.length > 0) throw new ConfigError(wrong);
  return deepFreeze(toConfig(parsed.data));
}

function toConfig(value: z.output<typeof settings>): Config {
  const production = value.NODE_ENV === 'production';
  const local = isLoopbackHost(new URL(value.PUBLIC_URL.replace('{tenant}', 'tenant')).hostname);
  const sqliteFile = /^sqlite:(?!:memory:$)(.+)$/.exec(value.DATABASE_URL)?.[1];
  return {
    production,
    http: {
      host: value.HTTP_HOST,
      port: value.HTTP_PORT,
      trustedProxies: value.TRUSTED_PROXIES,
      shutdownGraceMs: value.SHUTDOWN_GRACE,
    },
    publicUrl: value.PUBLIC_URL,
    dataDir: resolve(value.DATA_DIR),
    databaseUrl: sqliteFile === undefined ? value.DATABASE_URL : `sqlite:${resolve(sqliteFile)}`,
    temporal: {
      address: value.TEMPORAL_ADDRESS,
      namespace: value.TEMPORAL_NAMESPACE,
      port: value.TEMPORAL_PORT,
      uiPort: value.TEMPORAL_UI_PORT,
      uiOrigins: value.TEMPORAL_UI_ORIGINS,
      taskQueue: value.TEMPORAL_TASK_QUEUE,
    },
    loginConcurrency: value.LOGIN_CONCURRENCY,
    passwordHashConcurrency: value.PASSWORD_HASH_CONCURRENCY ?? availableParallelism(),
    scripts: { isolation: value.SCRIPTS_ISOLATION, children: value.SCRIPTS_CHILDREN },
    scriptRunRetentionMs: value.SCRIPT_RUN_RETENTION_DAYS * dayMs,
    masterKey: value.MASTER_KEY,
    rootClient: { id: value.ROOT_CLIENT_ID, secret: value.ROOT_CLIENT_SECRET },
    defaultTenant: value.DEFAULT_TENANT,
    regions: value.REGIONS,
    mail: { url: value.MAIL_URL, from: value.MAIL_FROM, mailbox: value.MAIL_URL === undefined && local && !production },
    sms:
      value.SMS_URL === undefined || value.SMS_TOKEN === undefined
        ? undefined
        : { url: value.SMS_URL, token: value.SMS_TOKEN },
    demo: {
      enabled: value.DEMO ?? (local && !production),
      workspace: value.DEMO_WORKSPACE,
      password: value.DEMO_PASSWORD,
    },
    log: { level: value.LOG_LEVEL, format: value.LOG_FORMAT },
    auditRetentionMs: value.AUDIT_RETENTION_DAYS * dayMs,
    registrationRetentionMs: value.REGISTRATION_RETENTION_DAYS * dayMs,
    metrics: { token: value.METRICS_TOKEN },
    outgoingAllow: value.OUTGOING_ALLOW,
  };
}
