/** What a client is called in a language (RFC 7591 §2.2). */
import assert from 'node:assert/strict';
import { clientNameIn, isTaggedName } from '../../../server/clients/client.ts';
import { clientId } from '../../../server/kernel/ids.ts';

describe('clientNameIn', () => {
  const nameOf = (metadata: Readonly<Record<string, unknown>>, locale: string) =>
    clientNameIn({ id: clientId('shop'), metadata }, locale);

  it('is the name tagged with the language, whatever the case of the tag (BCP 47)', () => {
    const metadata = { client_name: 'Shop', 'client_name#PT': 'Loja', 'client_name#de': 'Laden' };
    assert.equal(nameOf(metadata, 'pt'), 'Loja');
    assert.equal(nameOf(metadata, 'de'), 'Laden');
  });

  it('is that of a variety of the language where the language itself has none (RFC 4647 §3.3.1)', () => {
    const varieties = { client_name: 'Shop', 'client_name#pt-BR': 'Lojinha', 'client_name#ptx': 'Other' };
    assert.equal(nameOf(varieties, 'pt'), 'Lojinha');
    assert.equal(nameOf({ ...varieties, 'client_name#pt': 'Loja' }, 'pt'), 'Loja');
  });

  it('is the name without a tag for everybody else, and the id where there is none', () => {
    assert.equal(nameOf({ client_name: 'Shop', 'client_name#pt': 'Loja' }, 'en'), 'Shop');
    assert.equal(nameOf({ 'client_name#pt': 'Loja' }, 'en'), 'shop');
    assert.equal(nameOf({ client_name: 'Shop', 'client_name#pt': 7 }, 'pt'), 'Shop');
  });

  it('reads no tag where none is', () => {
    for (const member of [
      'client_name',
      'client_name#',
      'client_name#p',
      'client_name#pt_BR',
      'tos_uri#pt',
      'x_client_name#pt',
    ])
      assert.equal(isTaggedName(member), false, member);
    assert.equal(isTaggedName('client_name#ja-Jpan-JP'), true);
  });
});
