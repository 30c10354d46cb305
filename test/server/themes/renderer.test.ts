import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialKinds } from '../../../server/compose-kinds.ts';
import type { PageData } from '../../../server/themes/pages.ts';
import { createRenderer } from '../../../server/themes/renderer.ts';

const templatesDir = join(import.meta.dirname, '../../../templates');
const login: PageData['login'] = {
  tenant: { name: 'Acme' },
  application: { name: 'Shop' },
  action: '/login',
  nonce: 'n1',
  cancelAction: '/cancel',
  otherIdps: [],
  asks: 'both',
  mechanism: 'password',
  alternatives: [],
  code: 'sent',
  asked: {},
  naming: [],
};

describe('createRenderer', () => {
  const renderer = createRenderer({ templatesDir });

  it('escapes everything that data brings: in text, in attributes, and inside translated sentences', () => {
    const attack = `"><script>alert('x')</script>`;
    const { html } = renderer.render(
      'login',
      {
        ...login,
        tenant: { name: attack },
        application: { name: attack },
        nonce: attack,
        identifier: attack,
        otherIdps: [{ name: attack, href: '/idp' }],
      },
      { locale: 'en' },
    );
    assert.equal(html.includes('<script>alert'), false);
    assert.equal(html.includes('"><script'), false);
    assert.match(html, /Sign in to &quot;&gt;&lt;script&gt;/);
  });

  it('leaves out addresses that are none, with the links that would lead there', () => {
    const { html } = renderer.render(
      'expired',
      {
        reference: 'r',
        startAgainHref: 'javascript:alert(1)',
        tenant: { name: 'A', logoUri: 'http://plain.example/l.png' },
      },
      { locale: 'en' },
    );
    assert.equal(html.includes('javascript:'), false);
    assert.equal(html.includes('plain.example'), false);
    assert.equal(html.includes('Start again'), false);
  });

  it('speaks the language it is asked for, and English when it does not know it', () => {
    const portuguese = renderer.render('login', login, { locale: 'pt' });
    assert.match(portuguese.html, /<html lang="pt" dir="ltr">/);
    assert.match(portuguese.html, /Entrar em Shop/);
    assert.equal(portuguese.locale, 'pt');
    assert.match(renderer.render('login', login, { locale: 'xx' }).html, /Sign in to Shop/);
  });

  it('marks the field at fault, says it aloud, and keeps what was typed but never the password', () => {
    const { html } = renderer.render(
      'login',
      { ...login, identifier: 'ana', fault: { field: 'password', text: 'wrong_credentials' } },
      { locale: 'en' },
    );
    assert.match(html, /<title>Error: Sign in to Shop/);
    assert.match(html, /id="password-error" role="alert"/);
    assert.match(html, /<input [^>]*id="identifier"[^>]* value="ana"/);
    assert.doesNotMatch(/<input [^>]*id="password"[^>]*>/.exec(html)?.[0] ?? 'value=', /value=/);
  });

  it("draws a plugin's fragment inside the form that carries the nonce, escaped", () => {
    const withFragments = createRenderer({
      templatesDir,
      pluginTemplates: new Map([['codes', new URL('./fragments/', import.meta.url)]]),
    });
    const { html } = withFragments.render(
      'step',
      {
        ...login,
        title: 'Enter the code',
        fragment: { owner: 'codes', template: 'code', data: { lead: '<i>six</i>' } },
        errors: { code: 'Enter <six> digits' },
      },
      { locale: 'en' },
    );
    assert.match(html, /<input type="hidden" name="nonce" value="n1">\s*<p class="lead">&lt;i&gt;six/);
    assert.match(html, /Enter &lt;six&gt; digits/);
  });

  it('refuses to draw with data that a template misses', () => {
    // @ts-expect-error -- a page without its reference does not compile either
    assert.throws(() => renderer.render('not-found', {}, { locale: 'en' }), /reference/);
  });

  it('answers the policy with the redirect origin of the login', () => {
    const page = renderer.render('login', login, { locale: 'en', formTargets: ['https://shop.example/cb'] });
    assert.match(page.contentSecurityPolicy, /form-action 'self' https:\/\/shop\.example;/);
  });

  describe('at boot', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'templates-'));
      cpSync(templatesDir, folder, { recursive: true });
    });
    afterEach(() => {
      rmSync(folder, { recursive: true });
    });

    it('refuses a text key that is missing in one language', () => {
      const file = join(folder, 'default/texts/pt.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace(/\n\s*"submit": "Entrar",/, ''));
      assert.throws(() => createRenderer({ templatesDir: folder }), /pt\.json lacks login\.submit/);
    });

    it('refuses a template that asks for a text nobody wrote', () => {
      writeFileSync(join(folder, 'default/pages/home.hbs'), "{{t 'home.nowhere'}}");
      assert.throws(() => createRenderer({ templatesDir: folder }), /home\.hbs:1 asks for the text home\.nowhere/);
    });

    it('refuses a kind of credential without its part of the page, or without one of its texts', () => {
      const kind = { mechanism: 'telepathy', faults: ['too_quiet'] };
      const lacks =
        /login\.fault\.too_quiet, which[^]*login\.use\.telepathy, which[^]*login\.telepathy\.hbs is missing/;
      assert.throws(() => createRenderer({ templatesDir: folder, kinds: [kind] }), lacks);
      const setting = { manner: 'made', isForNewcomers: true, replaces: true, faults: ['too_loud'] } as const;
      const more = { ...kind, names: true, setting } as const;
      for (const missing of [
        /setting\.fault\.too_loud, which/,
        /setting\.by_link\.telepathy, which/,
        /replace\.telepathy\.title, which/,
        /replace\.telepathy\.must_be_changed, which/,
        /naming\.telepathy\.hbs is missing/,
        /setting\.telepathy\.hbs is missing/,
      ])
        assert.throws(() => createRenderer({ templatesDir: folder, kinds: [...credentialKinds, more] }), missing);
    });

    it('refuses a template that does not parse', () => {
      writeFileSync(join(folder, 'default/pages/home.hbs'), '{{#if x}}');
      assert.throws(() => createRenderer({ templatesDir: folder }));
    });

    it("lets a theme override tokens and words, in that theme's pages only", () => {
      mkdirSync(join(folder, 'sunny/assets'), { recursive: true });
      mkdirSync(join(folder, 'sunny/texts'));
      writeFileSync(join(folder, 'sunny/assets/tokens.css'), ':root { --color-accent: #7a3e00; }');
      writeFileSync(join(folder, 'sunny/texts/en.json'), '{ "login": { "submit": "Let me in" } }');
      const themed = createRenderer({ templatesDir: folder });
      const sunny = themed.render('login', login, { locale: 'en', theme: 'sunny' }).html;
      const plain = themed.render('login', login, { locale: 'en' }).html;
      assert.match(sunny, /Let me in/);
      assert.doesNotMatch(plain, /Let me in/);
      const styleOf = (html: string): string => /\/assets\/([^"]+style\.css)/.exec(html)?.[1] ?? '';
      const bodyOf = (path: string): string =>
        themed.assets.find((asset) => asset.path === path)?.body.toString() ?? '';
      assert.match(bodyOf(styleOf(sunny)), /--color-accent: #1d3f8f[\s\S]*--color-accent: #7a3e00[\s\S]*\.card/);
      assert.doesNotMatch(bodyOf(styleOf(plain)), /#7a3e00/);
    });

    it('refuses a theme that carries a script', () => {
      mkdirSync(join(folder, 'evil/assets'), { recursive: true });
      writeFileSync(join(folder, 'evil/assets/once.js'), 'alert(1)');
      assert.throws(() => createRenderer({ templatesDir: folder }), /carries no script/);
    });
  });
});
