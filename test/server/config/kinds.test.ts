/** What each kind of variable takes, what it makes of it, and what it says of anything else. */
import assert from 'node:assert/strict';
import type { z } from 'zod';
import * as kind from '../../../server/config/kinds.ts';

/** The value, or the one thing that is said. */
function read(schema: z.ZodType, text: string): { readonly value: unknown } | { readonly said: string } {
  const parsed = schema.safeParse(text);
  if (parsed.success) return { value: parsed.data };
  assert.equal(parsed.error.issues.length, 1, 'one reason is enough');
  return { said: parsed.error.issues[0]?.message ?? '' };
}

const key = Buffer.alloc(32, 7).toString('base64');

const kinds: readonly {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly takes: readonly (readonly [text: string, value: unknown])[];
  readonly refuses: readonly string[];
  readonly says: RegExp;
}[] = [
  {
    name: 'text',
    schema: kind.text,
    takes: [['a b', 'a b']],
    refuses: ['', 'é', 'a\nb', '\u001b[2J', 'x'.repeat(256)],
    says: /^it may hold 1 to 255 printable characters$/,
  },
  {
    name: 'hostName',
    schema: kind.hostName,
    takes: [
      ['0.0.0.0', '0.0.0.0'],
      ['::1', '::1'],
      ['gatehouse_1.internal', 'gatehouse_1.internal'],
    ],
    refuses: ['', 'a b', '-a', 'a..b', 'http://a', 'a:80', 'a'.repeat(254)],
    says: /^it may hold an address or a host name, such as 127\.0\.0\.1 or 0\.0\.0\.0$/,
  },
  {
    name: 'hostAndPort',
    schema: kind.hostAndPort,
    takes: [
      ['temporal.internal:7233', 'temporal.internal:7233'],
      ['[::1]:7233', '[::1]:7233'],
    ],
    refuses: ['', 'temporal', ':7233', 'temporal:', 'temporal:123456', 'http://temporal:7233', '::1:7233'],
    says: /^it may hold host:port, such as temporal\.internal:7233$/,
  },
  {
    name: 'port',
    schema: kind.port,
    takes: [
      ['1', 1],
      ['65535', 65_535],
    ],
    refuses: ['', '0', '65536', '-1', '8080.5', '8e3', '0x1F90', ' 8080', '99999999999'],
    says: /^it may hold a port from 1 to 65535$/,
  },
  {
    name: 'count',
    schema: kind.count(2, 4, 'a number of hands'),
    takes: [
      ['2', 2],
      ['4', 4],
    ],
    refuses: ['1', '5', 'two', 'Infinity'],
    says: /^it may hold a number of hands from 2 to 4$/,
  },
  {
    name: 'flag',
    schema: kind.flag,
    takes: [
      ['true', true],
      ['false', false],
    ],
    refuses: ['', 'TRUE', 'yes', '1', '0'],
    says: /^it may hold true or false$/,
  },
  {
    name: 'chosenId',
    schema: kind.chosenId,
    takes: [
      ['acme', 'acme'],
      ['0_a-b', '0_a-b'],
      ['system', 'system'],
    ],
    refuses: ['', 'Acme', '-a', 'a.b', 'a/b', 'x'.repeat(65)],
    says: /^it may hold 1 to 64 lower-case letters/,
  },
  {
    name: 'tenant',
    schema: kind.tenant,
    takes: [['acme', 'acme']],
    refuses: ['system', 'tenants', 'api', 'ops'],
    says: /^it may hold none of system, .*\btenants\b.*: they are reserved$/,
  },
  {
    name: 'duration',
    schema: kind.duration(1000, 90_000),
    takes: [
      ['1s', 1000],
      ['1m30s', 90_000],
      ['1500ms', 1500],
    ],
    refuses: ['', '0s', '91s', '10', '10 s', 'soon', '-1s'],
    says: /^it may hold a duration from 1s to 1m30s, such as 10s$/,
  },
  {
    name: 'oneOf',
    schema: kind.oneOf(['json', 'pretty', 'none']),
    takes: [['pretty', 'pretty']],
    refuses: ['', 'JSON', 'xml'],
    says: /^it may hold json, pretty or none$/,
  },
  {
    name: 'addressBlocks',
    schema: kind.addressBlocks,
    takes: [
      ['', []],
      ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
      ['10.0.0.1,\n10.0.0.2,', ['10.0.0.1', '10.0.0.2']],
    ],
    refuses: ['10.0.0.0/99', 'proxy.internal', '10.0.0.0/8,*'],
    says: /^it may hold addresses and CIDR blocks divided by commas/,
  },
  {
    name: 'hostsAndBlocks',
    schema: kind.hostsAndBlocks,
    takes: [
      ['', []],
      ['Hooks.Internal,10.1.0.0/16', ['hooks.internal', '10.1.0.0/16']],
    ],
    refuses: ['*.internal', 'https://hooks.internal', 'a/b'],
    says: /^it may hold host names, addresses and CIDR blocks divided by commas/,
  },
  {
    name: 'publicUrl',
    schema: kind.publicUrl,
    takes: [
      ['https://id.example.com/', 'https://id.example.com'],
      ['https://{tenant}.id.example.com', 'https://{tenant}.id.example.com'],
    ],
    refuses: ['', 'nonsense', 'https://id.example.com/path'],
    says: /^it may hold (an http or https URL|a scheme, a host and a port only)/,
  },
  {
    name: 'origins',
    schema: kind.origins,
    takes: [
      ['', []],
      ['https://a.example, https://b.example:8443', ['https://a.example', 'https://b.example:8443']],
    ],
    refuses: ['*', 'https://a.example,*', 'https://a.example,null', 'http://b.example', 'https://a.example/'],
    says: /^it may hold (origins divided by commas|each origin as browsers write it)/,
  },
  {
    name: 'databaseUrl',
    schema: kind.databaseUrl,
    takes: [
      ['sqlite:data/x.db', 'sqlite:data/x.db'],
      ['sqlite::memory:', 'sqlite::memory:'],
      ['mysql://u:p@db:3306/gatehouse', 'mysql://u:p@db:3306/gatehouse'],
    ],
    refuses: ['', 'sqlite:', 'mysql://db', 'mysql://db/', 'postgres://db/x', 'x.db'],
    says: /^it may hold sqlite:path\/to\/file or mysql:/,
  },
  {
    name: 'key256',
    schema: kind.key256,
    takes: [
      [key, key],
      [key.replace('=', ''), key.replace('=', '')],
    ],
    refuses: ['', 'hunter2', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64'), `${key}\n`],
    says: /^it may hold the base64 of 32 random bytes/,
  },
  {
    name: 'secret',
    schema: kind.secret(8),
    takes: [['eight ch', 'eight ch']],
    refuses: ['', 'seven c', 'x'.repeat(513), 'tabs\tare not', 'ünprintable'],
    says: /^it may hold 8 to 512 printable characters$/,
  },
];

for (const { name, schema, takes, refuses, says } of kinds) {
  describe(`the kind ${name}`, () => {
    for (const [text, value] of takes) {
      it(`takes ${JSON.stringify(text.slice(0, 40))}`, () => {
        assert.deepEqual(read(schema, text), { value });
      });
    }

    for (const text of refuses) {
      it(`refuses ${JSON.stringify(text.slice(0, 40))}, and says what it may hold`, () => {
        const outcome = read(schema, text);
        assert.ok('said' in outcome, `it took ${JSON.stringify(text)}`);
        assert.match(outcome.said, says);
      });
    }
  });
}
