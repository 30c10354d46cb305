/** What a browser is called to its person. */
import assert from 'node:assert/strict';
import { browserNameIn } from '../../../server/http/browser-name.ts';

describe('browserNameIn', () => {
  const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
  const agents: readonly (readonly [string, string])[] = [
    ['Chrome (Windows)', `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0.0.0 Safari/537.36`],
    ['Edge (Windows)', `Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`],
    ['Opera (macOS)', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Chrome/140 Safari/537 OPR/120`],
    ['Safari (macOS)', `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/18.0 Safari/605.1.15`],
    ['Safari (iPhone)', `Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${webkit} Version/18.0 Safari/604.1`],
    ['Chrome (iPad)', `Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) ${webkit} CriOS/140.0 Mobile/15E148 Safari/604.1`],
    [
      'Samsung Internet (Android)',
      `Mozilla/5.0 (Linux; Android 14) ${webkit} SamsungBrowser/28.0 Chrome/130 Safari/537`,
    ],
    ['Chrome (ChromeOS)', `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/140.0.0.0 Safari/537.36`],
    ['Firefox (Linux)', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
    ['Windows', 'Mozilla/5.0 (Windows NT 10.0)'],
    ['', 'curl/8.0'],
  ];
  for (const [name, agent] of agents)
    it(`is ${name === '' ? 'nothing' : name} by its User-Agent`, () => {
      assert.equal(browserNameIn({ 'user-agent': agent }), name);
    });

  it('believes its hints where the User-Agent is like another’s', () => {
    const hints = (brand: string, platform: string) => ({
      'sec-ch-ua': `"Chromium";v="140", "Not=A?Brand";v="24", "${brand}";v="140"`,
      'sec-ch-ua-platform': `"${platform}"`,
      'user-agent': `Mozilla/5.0 ${webkit} Chrome/140.0.0.0 Safari/537.36`,
    });
    assert.equal(browserNameIn(hints('Brave', 'macOS')), 'Brave (macOS)');
    assert.equal(browserNameIn(hints('Google Chrome', 'Chrome OS')), 'Chrome (ChromeOS)');
    assert.equal(browserNameIn(hints('Microsoft Edge', 'Windows')), 'Edge (Windows)');
  });

  it('says nothing in a browser’s own words, and reads so much of them and no more', () => {
    const mine = '<script>alert(1)</script>';
    assert.equal(browserNameIn({ 'user-agent': mine, 'sec-ch-ua': `"${mine}";v="1"` }), '');
    assert.equal(browserNameIn({ 'user-agent': `${'x'.repeat(512)} Firefox/140.0` }), '');
    assert.equal(browserNameIn({}), '');
  });
});
