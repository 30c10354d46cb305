/** What an endpoint can be told of: the published subjects, and what happens to each. */
import type { EventName } from '../kit/index.ts';

export interface CatalogueSubject {
  readonly name: string;
  readonly description: string;
  readonly events: readonly { readonly name: string; readonly description: string }[];
}

const words = (name: string): string => name.replaceAll('_', ' ');

/** By name, both levels. */
export function catalogueOf(names: readonly EventName[]): readonly CatalogueSubject[] {
  const bySubject = new Map<string, string[]>();
  for (const name of [...names].sort()) {
    const [subject = '', action = ''] = name.split(' ');
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), action]);
  }
  return [...bySubject].map(([name, actions]) => ({
    name,
    description: `What happens to: ${words(name)}`,
    events: actions.map((action) => ({ name: action, description: `${words(name)}: ${words(action)}` })),
  }));
}
