import assert from 'node:assert/strict';
import { parseRegions, tenantAddress } from '../../../server/config/regions.ts';
import { tenantAddressSources } from '../../../server/console/tenant-address-sources.ts';
import { ConfigError, loadConfig } from '../../../server/config.ts';

describe('regions', () => {
  it('have a name and an address each, where tenants are found', () => {
    const regions = parseRegions('Europe=https://eu.id.example/, United States=https://{tenant}-us.id.example');
    assert.deepEqual(regions, [
      { name: 'Europe', publicUrl: 'https://eu.id.example' },
      { name: 'United States', publicUrl: 'https://{tenant}-us.id.example' },
    ]);
    assert.deepEqual(
      regions.map((region) => tenantAddress(region, 'acme')),
      ['https://eu.id.example/acme/admin', 'https://acme-us.id.example/acme/admin'],
    );
    assert.deepEqual(tenantAddressSources(regions), ['https://eu.id.example', 'https://*.id.example']);
  });

  it('are refused when a name or an address is wrong, or there twice', () => {
    for (const wrong of [
      'Europe',
      '=https://a.example',
      'Europe=ftp://a.example',
      'Europe=https://a.example/path',
      "Eu'; x=https://a.example",
      'Europe=https://a.example,Europe=https://b.example',
      'Europe=https://a.example,America=https://a.example/',
    ])
      assert.equal(parseRegions(wrong), undefined, wrong);
  });

  it('have to hold the deployment itself', () => {
    const load = (regions: string) => loadConfig({ PUBLIC_URL: 'https://eu.id.example', REGIONS: regions });
    assert.equal(load('Europe=https://eu.id.example').regions.length, 1);
    assert.throws(() => load('America=https://us.id.example'), ConfigError);
  });

  it('leave mails in the mailbox on a machine of one’s own alone', () => {
    assert.equal(loadConfig({}).mail.mailbox, true);
    assert.equal(loadConfig({ PUBLIC_URL: 'https://id.example' }).mail.mailbox, false);
    assert.equal(loadConfig({ NODE_ENV: 'production', PUBLIC_URL: 'http://localhost:8080' }).mail.mailbox, false);
    assert.equal(loadConfig({ MAIL_URL: 'smtps://a:b@mail.example' }).mail.mailbox, false);
    for (const wrong of [{ MAIL_URL: 'http://x' }, { MAIL_URL: 'smtp://x/y' }, { MAIL_FROM: 'a@b.c\nBcc: x@y.z' }])
      assert.throws(() => loadConfig(wrong), ConfigError, JSON.stringify(wrong));
  });
});
