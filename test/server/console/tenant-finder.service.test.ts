/** What a reminder tells, to whom, and that it tells whoever asks for it nothing. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { createTenantFinder } from '../../../server/console/tenant-finder.service.ts';
import { tenantId } from '../../../server/kernel/ids.ts';
import type { Message } from '../../../server/messages/message.ts';
import type { Tenant } from '../../../server/tenants/tenant.ts';

const tenant = (id: string, name: string): Tenant => ({
  id: tenantId(id),
  name,
  settings: {},
  createdAt: 0,
  updatedAt: 0,
});
const registered = new Map([
  ['ada@example.com', [tenant('acme', 'Acme'), tenant('zeta', 'Zeta\r\nBcc: all@example.com')]],
]);

function finder({ wait = 0 } = {}) {
  const sent: Message[] = [];
  const looked: string[] = [];
  const posted: (() => Promise<readonly Message[]>)[] = [];
  const { find, remind } = createTenantFinder({
    tenants: {
      find: (id) => Promise.resolve(id === 'acme' ? tenant('acme', 'Acme') : undefined),
      listRegisteredBy: (identifier) => {
        looked.push(identifier);
        return Promise.resolve(registered.get(identifier) ?? []);
      },
    },
    region: { name: 'Europe', publicUrl: 'https://{tenant}.id.example' },
    throttle: () => wait,
    post: (write) => posted.push(write) > 0,
    letter: ({ tenants, region }, locale) => ({
      subject: `${locale} ${String(region)}`,
      text: tenants.map(({ id, name, href }) => `${id}|${name}|${href}`).join('\n'),
    }),
  });
  const deliver = async () => {
    for (const write of posted) sent.push(...(await write()));
    return sent;
  };
  return { find, remind, looked, posted, deliver };
}

describe('createTenantFinder', () => {
  it('finds a tenant by its name, however it is written', async () => {
    const { find } = finder();
    assert.equal((await find(' ACME '))?.id, 'acme');
    for (const name of ['', 'acme.', '../acme', 'a'.repeat(65), 'nobody']) assert.equal(await find(name), undefined);
  });

  it('mails all names registered under an address, each on its line, to the address as it was typed', async () => {
    const { remind, deliver } = finder();
    remind('Ada@Example.com', 'pt');
    assert.deepEqual(await deliver(), [
      {
        to: 'Ada@Example.com',
        subject: 'pt Europe',
        text: [
          'acme|Acme|https://acme.id.example/acme/admin',
          'zeta|Zeta Bcc: all@example.com|https://zeta.id.example/zeta/admin',
        ].join('\n'),
      },
    ]);
  });

  it('looks only after it has answered, for a stranger as for somebody known', async () => {
    const { remind, looked, posted, deliver } = finder();
    for (const address of ['ada@example.com', 'nobody@example.com']) remind(address, 'en');
    await turn();
    assert.deepEqual([looked, posted.length], [[], 2]);
    assert.equal((await deliver()).length, 1);
  });

  it('mails nobody too often', () => {
    const { remind, posted } = finder({ wait: 60 });
    remind('ada@example.com', 'en');
    assert.equal(posted.length, 0);
  });
});
