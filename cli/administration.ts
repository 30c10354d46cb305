/** What commands share that work in the Admin API of a tenant. */
import type { Invocation } from './command.ts';
import { exits, failure } from './failure.ts';

export const segment = encodeURIComponent;

/** All pages of a list, or as many objects as are wanted. */
export async function pagesOf<Item>(
  { option }: Invocation,
  read: (query: URLSearchParams) => Promise<readonly Item[]>,
  noun: string,
  idOf: (item: Item) => string,
): Promise<readonly Item[]> {
  const wanted = option('limit') === undefined ? Infinity : Number(option('limit'));
  if (Number.isNaN(wanted) || wanted < 1) throw failure(exits.usage, '--limit is a number from 1.');
  const found: Item[] = [];
  const size = Math.min(wanted, 100);
  for (;;) {
    const last = found.at(-1);
    const page = await read(
      new URLSearchParams({
        limit: String(size),
        ...(option('search') === undefined ? {} : { search_phrase: option('search') ?? '' }),
        ...(last === undefined ? {} : { [`after_${noun}_id`]: idOf(last) }),
      }),
    );
    found.push(...page);
    if (page.length < size || found.length >= wanted) return found.slice(0, wanted);
  }
}

export const listOptions = [
  { name: 'search', value: 'WORDS', help: 'only what has these words in its id or name' },
  { name: 'limit', value: 'N', help: 'no more than so many; all of them, where it is left out' },
] as const;
export const workspaceOption = { name: 'workspace', value: 'WORKSPACE', help: 'the workspace' } as const;

/** Its id as it was typed. @throws Error of wrong usage */
export function workspaceNamed({ option }: Invocation): string {
  const workspace = option('workspace');
  if (workspace === undefined || workspace === '') throw failure(exits.usage, 'Say which --workspace.');
  return workspace;
}

/** The same, for a path. */
export const workspaceOf = (invocation: Invocation): string => segment(workspaceNamed(invocation));

/** The Admin API of the tenant, and what its calls are made with. */
export async function asAdmin(invocation: Invocation) {
  const { api, tenant } = await invocation.signedIn();
  const issuer = { tenant, workspace: 'admin' } as const;
  return { api, issuer, path: `/api/admin/${segment(tenant)}` };
}
