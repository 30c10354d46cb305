/** Settings that are right or wrong together: judged apart from the table, one by one. */
import type { ConfigProblem } from './config-error.ts';
import { shown } from './config-error.ts';
import * as kind from './kinds.ts';
import { publicUrlProblem } from './public-url.ts';

type Values = Readonly<Record<string, string>>;

export function pairProblems(values: Values): readonly ConfigProblem[] {
  return [...productionProblem(values), ...regionProblem(values), ...smsProblem(values)];
}

function productionProblem(values: Values): readonly ConfigProblem[] {
  const url = values['PUBLIC_URL'] ?? '';
  if (values['NODE_ENV'] !== 'production' || publicUrlProblem(url, false) !== undefined) return [];
  const expected = publicUrlProblem(url, true);
  return expected === undefined ? [] : [{ name: 'PUBLIC_URL', holds: shown(url, false), expected }];
}

/** People who choose this region have to arrive here. */
function regionProblem(values: Values): readonly ConfigProblem[] {
  const [regions, url] = [values['REGIONS'] ?? '', (values['PUBLIC_URL'] ?? '').replace(/\/$/, '')];
  const named = kind.regions.safeParse(regions).data ?? [];
  if (named.length === 0 || named.some(({ publicUrl }) => publicUrl === url)) return [];
  return [{ name: 'REGIONS', holds: shown(regions, false), expected: `one of them has to be at PUBLIC_URL, ${url}` }];
}

/** A provider that asks for nothing would send for anybody. */
function smsProblem(values: Values): readonly ConfigProblem[] {
  const [url, token] = [values['SMS_URL'] ?? '', values['SMS_TOKEN'] ?? ''];
  if ((url === '') === (token === '')) return [];
  const name = url === '' ? 'SMS_URL' : 'SMS_TOKEN';
  return [{ name, holds: shown('', false), expected: 'SMS_URL and SMS_TOKEN have to be set together' }];
}
