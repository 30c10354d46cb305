import assert from 'node:assert/strict';
import { pickLocale } from '../../../server/themes/locale.ts';

const available = ['en', 'pt'];

describe('pickLocale', () => {
  it('takes ui_locales before Accept-Language, in its order (OIDC Core §3.1.2.1)', () => {
    assert.equal(pickLocale({ uiLocales: 'fr pt en', acceptLanguage: 'en' }, available), 'pt');
  });

  it('falls back from a region to its language (RFC 4647 §3.4)', () => {
    assert.equal(pickLocale({ uiLocales: 'pt-BR' }, available), 'pt');
    assert.equal(pickLocale({ acceptLanguage: 'PT-Latn-BR' }, available), 'pt');
  });

  it('weighs Accept-Language by q, and never takes what q=0 refuses (RFC 9110 §12.4.2)', () => {
    assert.equal(pickLocale({ acceptLanguage: 'en;q=0.3, pt;q=0.8, de' }, available), 'pt');
    assert.equal(pickLocale({ acceptLanguage: 'pt;q=0' }, available), 'en');
  });

  it('speaks English to everybody else, also to nonsense of any length', () => {
    assert.equal(pickLocale({}, available), 'en');
    assert.equal(pickLocale({ uiLocales: '../../etc/passwd', acceptLanguage: '*;q=x,;;,-' }, available), 'en');
    assert.equal(pickLocale({ acceptLanguage: `${'x-'.repeat(100_000)},pt` }, available), 'en');
  });
});
