/** What a template may not do, found at boot: unescaped output, unchecked addresses, inline script, texts that do not exist. */
import Handlebars from 'handlebars';
import type { TemplateSources } from './templates.ts';
import type { TextGroups } from './text-groups.ts';
import { placeholdersOf } from './texts.ts';
import type { Texts } from './texts.ts';

export interface TemplateFindings {
  readonly problems: readonly string[];
  /** Text keys that some template may show. */
  readonly usedTexts: ReadonlySet<string>;
}

/** An attribute that leads somewhere takes its value from these alone. */
const addressHelpers = ['link', 'image', 'asset'];
const addressAttribute = /\s(href|src|action|formaction|srcset)="?[^"]*$/;
const inlineCode = /\son[a-z]+\s*=|\sstyle\s*=|<style|<script(?![^>]*\ssrc=)|javascript:/i;

/** @param groups of texts that data chooses among (`textGroupsOf`) */
export function inspectTemplates(sources: TemplateSources, texts: Texts, groups: TextGroups): TemplateFindings {
  const problems: string[] = [];
  const usedTexts = new Set<string>();
  for (const [name, source] of sources) {
    for (const node of nodesOf(Handlebars.parse(source))) {
      const found = [
        ...(isProgram(node) ? addressProblems(node) : []),
        ...(isContent(node) && inlineCode.test(node.value) ? ['has inline script or style'] : []),
        ...(isMustache(node) && !node.escaped ? ['prints something unescaped'] : []),
        ...(isCall(node) && node.path.original === 't' ? textProblems(node, texts, groups, usedTexts) : []),
      ];
      problems.push(...found.map((problem) => `${name}.hbs:${String(node.loc.start.line)} ${problem}`));
    }
  }
  return { problems, usedTexts };
}

function addressProblems(program: hbs.AST.Program): string[] {
  return program.body.flatMap((statement, index) => {
    const before = program.body[index - 1];
    if (before === undefined || !isContent(before) || !isMustache(statement)) return [];
    if (/=\s*$/.test(before.value)) return ['has an attribute without quotes'];
    if (!addressAttribute.test(before.value)) return [];
    const safe = isCall(statement) && addressHelpers.includes(statement.path.original);
    return safe && /="$/.test(before.value) ? [] : [`fills an address without ${addressHelpers.join(', ')}`];
  });
}

function textProblems(call: Call, texts: Texts, groups: TextGroups, usedTexts: Set<string>): string[] {
  const keys = keysOf(call.params[0], groups);
  if (keys === undefined) return ['asks for a text by neither a literal nor a listed group'];
  const given = pairsOf(call);
  for (const key of keys) usedTexts.add(key);
  return keys.flatMap((key) => {
    const text = texts.get(key);
    if (text === undefined) return [`asks for the text ${key}, which does not exist`];
    const missing = placeholdersOf(text).filter((placeholder) => !given.includes(placeholder));
    return missing.map((placeholder) => `does not give {${placeholder}} to the text ${key}`);
  });
}

/** `'login.title'` → itself; `(key 'login.fault' fault.text)` → every member of the group. */
function keysOf(parameter: hbs.AST.Expression | undefined, groups: TextGroups): string[] | undefined {
  if (parameter === undefined) return undefined;
  if (isLiteral(parameter)) return [parameter.value];
  if (!isSubExpression(parameter) || parameter.path.original !== 'key') return undefined;
  const [prefix, , suffix] = parameter.params;
  if (prefix === undefined || !isLiteral(prefix)) return undefined;
  const end = suffix !== undefined && isLiteral(suffix) ? `.${suffix.value}` : '';
  return groups[prefix.value]?.map((member) => `${prefix.value}.${member}${end}`);
}

function pairsOf({ hash }: Call): string[] {
  return hash?.pairs.map(({ key }) => key) ?? [];
}

interface Call extends hbs.AST.Node {
  readonly path: hbs.AST.PathExpression;
  readonly params: readonly hbs.AST.Expression[];
  /** Absent where the call names nothing, whatever the parser's types say. */
  readonly hash?: hbs.AST.Hash;
}

const isProgram = (node: hbs.AST.Node): node is hbs.AST.Program => node.type === 'Program';
const isContent = (node: hbs.AST.Node): node is hbs.AST.ContentStatement => node.type === 'ContentStatement';
const isMustache = (node: hbs.AST.Node): node is hbs.AST.MustacheStatement => node.type === 'MustacheStatement';
const isLiteral = (node: hbs.AST.Node): node is hbs.AST.StringLiteral => node.type === 'StringLiteral';
const isSubExpression = (node: hbs.AST.Node): node is hbs.AST.SubExpression => node.type === 'SubExpression';
const isCall = (node: hbs.AST.Node): node is hbs.AST.Node & Call =>
  isSubExpression(node) || (isMustache(node) && node.path.type === 'PathExpression');

function* nodesOf(value: unknown): Generator<hbs.AST.Node> {
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value)) yield value;
  for (const child of Object.values(value)) yield* nodesOf(child);
}

const isNode = (value: object): value is hbs.AST.Node => 'type' in value && 'loc' in value;
