/** Addresses the platform may be published under, and origins it may let in. */
import assert from 'node:assert/strict';
import { isLoopbackHost, originProblem, publicUrlProblem } from '../../../server/config/public-url.ts';

describe('isLoopbackHost', () => {
  for (const host of ['localhost', 'acme.localhost', '127.0.0.1', '127.255.0.9', '[::1]']) {
    it(`knows ${host} as this machine`, () => {
      assert.equal(isLoopbackHost(host), true);
    });
  }

  for (const host of [
    'id.example.com',
    'localhost.example.com',
    'notlocalhost',
    '127.0.0.1.example.com',
    '128.0.0.1',
    '0.0.0.0',
    '[::2]',
    '::1',
    '',
  ]) {
    it(`does not take «${host}» for this machine`, () => {
      assert.equal(isLoopbackHost(host), false);
    });
  }
});

describe('publicUrlProblem', () => {
  for (const url of [
    'https://id.example.com',
    'https://id.example.com/',
    'https://id.example.com:8443',
    'https://{tenant}.id.example.com',
    'https://login-{tenant}.example.com',
    'http://localhost:8080',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
    'http://{tenant}.localhost:8080',
  ]) {
    it(`finds nothing wrong with ${url}, in production neither`, () => {
      assert.equal(publicUrlProblem(url, false), undefined);
      assert.equal(publicUrlProblem(url, true), undefined);
    });
  }

  for (const [url, problem] of [
    ['', /http or https URL/],
    ['id.example.com', /http or https URL/],
    ['ftp://id.example.com', /http or https URL/],
    ['javascript:alert(1)', /http or https URL/],
    ['https://user@id.example.com', /a scheme, a host and a port only/],
    ['https://id.example.com/path', /a scheme, a host and a port only/],
    ['https://id.example.com/?q=1', /a scheme, a host and a port only/],
    ['https://id.example.com/#f', /a scheme, a host and a port only/],
    ['https://ID.example.com', /as browsers write it: https:\/\/id\.example\.com/],
    ['https://id.example.com:443', /as browsers write it: https:\/\/id\.example\.com/],
    ['https://{tenant}.{tenant}.example.com', /\{tenant\} once/],
    ['https://{other}.example.com', /\{tenant\} once/],
    ['https://id.{tenant}.example.com', /first label/],
    ['https://{tenant}', /first label/],
    ['https://example.com/{tenant}', /a scheme, a host and a port only/],
    ['http://{tenant}.id.example.com', /needs https/],
  ] as const) {
    it(`says what is wrong with ${url === '' ? 'nothing at all' : url}`, () => {
      assert.match(publicUrlProblem(url, false) ?? '', problem);
    });
  }

  it('lets plain http out of this machine for development only', () => {
    assert.equal(publicUrlProblem('http://id.example.com', false), undefined);
    assert.match(publicUrlProblem('http://id.example.com', true) ?? '', /NODE_ENV=production needs https/);
  });
});

describe('originProblem', () => {
  for (const origin of ['https://temporal.example.com', 'https://temporal.example.com:8443', 'http://localhost:8233']) {
    it(`finds nothing wrong with ${origin}`, () => {
      assert.equal(originProblem(origin), undefined);
    });
  }

  for (const [origin, problem] of [
    ['*', /without \*/],
    ['https://*.example.com', /without \*/],
    ['null', /such as https:/],
    ['temporal.example.com', /such as https:/],
    ['file:///tmp', /such as https:/],
    ['http://temporal.example.com', /with https/],
    ['https://temporal.example.com/', /as browsers write it: https:\/\/temporal\.example\.com$/],
    ['https://temporal.example.com/ui', /as browsers write it/],
    ['https://Temporal.example.com', /as browsers write it/],
    ['https://temporal.example.com:443', /as browsers write it/],
    ['https://user@temporal.example.com', /as browsers write it: https:\/\/temporal\.example\.com$/],
  ] as const) {
    it(`says what is wrong with ${origin}`, () => {
      assert.match(originProblem(origin) ?? '', problem);
    });
  }
});
