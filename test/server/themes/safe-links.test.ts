import assert from 'node:assert/strict';
import { safeImage, safeLink } from '../../../server/themes/safe-links.ts';

describe('safeLink', () => {
  it('keeps paths of ours and web addresses', () => {
    assert.equal(safeLink('/a/b?c=d'), '/a/b?c=d');
    assert.equal(safeLink('https://bank.example/x'), 'https://bank.example/x');
  });

  it('leaves out whatever runs script or leaves this origin in disguise', () => {
    for (const attack of [
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      '//evil.example',
      '/\\evil.example',
      'x',
      7,
    ]) {
      assert.equal(safeLink(attack), undefined, String(attack));
    }
  });
});

describe('safeImage', () => {
  it('keeps https and small pictures that came along', () => {
    assert.equal(safeImage('https://cdn.example/logo.png'), 'https://cdn.example/logo.png');
    assert.equal(safeImage('data:image/png;base64,AAAA'), 'data:image/png;base64,AAAA');
  });

  it('leaves out http, documents, and pictures too heavy for a page', () => {
    for (const bad of [
      'http://cdn.example/l.png',
      'data:text/html;base64,AAAA',
      `data:image/png;base64,${'A'.repeat(20_001)}`,
      undefined,
    ]) {
      assert.equal(safeImage(bad), undefined);
    }
  });
});
