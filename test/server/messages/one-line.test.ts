/** What anybody may have said of themselves, in a message to somebody else. */
import assert from 'node:assert/strict';
import { onOneLine, withoutLinks } from '../../../server/messages/one-line.ts';

describe('onOneLine', () => {
  it('leaves one line of at most 80 characters, without a scheme before an address', () => {
    assert.equal(onOneLine(' Ada\r\n\tLovelace\u2028\u0000\u202e'), 'Ada Lovelace');
    assert.equal(onOneLine('see https://evil.example'), 'see https evil.example');
    assert.equal(onOneLine('x'.repeat(200)).length, 80);
  });
});

describe('withoutLinks', () => {
  it('leaves nothing that a mail program makes a link of', () => {
    for (const [said, shown] of [
      ['https://evil.example/login', 'https evil. example/login'],
      ['www.evil.example', 'www. evil. example'],
      ['evil.example/approve?x=1', 'evil. example/approve?x=1'],
      ['Ada: approve at EVIL.EXAMPLE', 'Ada: approve at EVIL. EXAMPLE'],
      ['evil。example', 'evil. example'],
      ['evil.xn--p1ai', 'evil. xn--p1ai'],
      ['www.evil.example@x.example', 'www. evil. example@x. example'],
      ['evil.example/@ada', 'evil. example/@ada'],
      ['evil.\nexample', 'evil. example'],
    ] as const)
      assert.equal(withoutLinks(said), shown, said);
  });

  it('leaves names, numbers and mail addresses as they are', () => {
    for (const said of ['J.R. Tolkien', 'Jr. & Söhne', 'a transfer of 1.500,00', 'ada.l@mail.example.com', '小泉'])
      assert.equal(withoutLinks(said), said);
  });
});
