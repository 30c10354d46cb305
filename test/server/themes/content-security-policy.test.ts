import assert from 'node:assert/strict';
import { contentSecurityPolicy } from '../../../server/themes/content-security-policy.ts';

const formAction = (...targets: string[]): string | undefined =>
  contentSecurityPolicy(targets)
    .split('; ')
    .find((directive) => directive.startsWith('form-action'));

describe('contentSecurityPolicy', () => {
  it('allows our own files and pictures, and nothing unsafe', () => {
    assert.equal(
      contentSecurityPolicy([]),
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: https:; form-action 'self'; " +
        "frame-ancestors 'none'; base-uri 'none'",
    );
  });

  it('lets a form end at the origin of the redirect URI, once', () => {
    assert.equal(
      formAction('https://bank.example/cb?x=1', 'https://bank.example/other'),
      "form-action 'self' https://bank.example",
    );
    assert.equal(formAction('http://127.0.0.1:4321/cb'), "form-action 'self' http://127.0.0.1:4321");
  });

  it('names the scheme of a native application (RFC 8252 §7.1), and of hosts that CSP cannot name', () => {
    assert.equal(formAction('com.example.bank:/cb'), "form-action 'self' com.example.bank:");
    assert.equal(formAction('http://[::1]:4321/cb'), "form-action 'self' http:");
  });

  it('takes in no directive that an address smuggles, and no scheme that runs script', () => {
    for (const attack of [
      "https://a.example; script-src 'unsafe-inline'",
      'javascript:alert(1)',
      'data:text/html,x',
      'no uri',
      '*',
    ]) {
      assert.equal(formAction(attack), "form-action 'self'", attack);
    }
    assert.equal(formAction("https://a.example/;script-src 'unsafe-inline'"), "form-action 'self' https://a.example");
  });
});
