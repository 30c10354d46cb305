import assert from 'node:assert/strict';
import { inspectTemplates } from '../../../server/themes/template-rules.ts';
import { textGroupsOf } from '../../../server/themes/text-groups.ts';

const texts = new Map([
  ['hello', 'Hello {name}'],
  ['bye', 'Bye'],
]);

function problemsOf(source: string): readonly string[] {
  return inspectTemplates(new Map([['pages/x', source]]), texts, textGroupsOf([])).problems;
}

describe('inspectTemplates', () => {
  it('accepts escaped output, checked addresses and texts that exist', () => {
    assert.deepEqual(problemsOf(`<p>{{t 'hello' name=person.name}}</p><a href="{{link x}}" class="b">{{y}}</a>`), []);
  });

  const broken: readonly [string, string, RegExp][] = [
    ['unescaped output', '<p>{{{name}}}</p>', /unescaped/],
    ['unescaped output by ampersand', '<p>{{&name}}</p>', /unescaped/],
    ['an address nobody checked', '<a href="{{uri}}">x</a>', /address/],
    ['an address that begins in the template', '<a href="https://{{uri}}">x</a>', /address/],
    ['a form whose action nobody checked', '<form action="{{uri}}">', /address/],
    ['an attribute without quotes', '<a class={{name}}>x</a>', /quotes/],
    ['an inline script', '<script>alert(1)</script>', /inline/],
    ['an inline handler', '<p onclick="x()">y</p>', /inline/],
    ['an inline style', '<p style="color: red">y</p>', /inline/],
    ['a text that does not exist', `{{t 'nowhere'}}`, /nowhere, which does not exist/],
    ['a text in a block', `{{#if a}}{{t 'nowhere'}}{{/if}}`, /does not exist/],
    ['a placeholder nobody fills', `{{t 'hello'}}`, /\{name\}/],
    ['a text chosen by data alone', `{{t name}}`, /neither/],
    ['a group of texts that nobody listed', `{{t (key 'nothing' name)}}`, /neither/],
    ['a listed group whose texts do not exist', `{{t (key 'notice' name)}}`, /notice\.step_passed/],
  ];
  for (const [what, source, message] of broken) {
    it(`refuses ${what}`, () => {
      assert.match(problemsOf(source).join('\n'), message);
    });
  }
});
