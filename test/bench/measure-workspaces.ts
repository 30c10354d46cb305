/** Many workspaces beside one: tokens and management calls over all of them, and what they cost in memory. */
import { randomBytes } from 'node:crypto';
import { systemClock } from '../../server/kernel/clock.ts';
import { insertWorkspace, prepareWorkspace } from '../../server/workspaces/new-workspace.service.ts';
import { administratorsOf, clientIn, formHeaders } from './administrators.ts';
import type { RequestJob } from './load.ts';
import { benchTenant, inPlace } from './place.ts';
import type { BenchPlace } from './place.ts';
import { residentMb } from './processes.ts';
import type { Result } from './result.ts';
import { interleaved } from './setting.ts';
import type { Setting } from './setting.ts';
import { median, quantile, ratioOf } from './statistics.ts';

const concurrency = 8;
/** What the issue of the management APIs promised: p95 of many within twice that of one. */
const within = { of: 'ratio', atMost: 2 } as const;
/** After all of them were asked another time, by after they were asked before: whatever is kept of them is full by then. */
const bounded = { of: 'ratio', atMost: 1.15 } as const;
/** So many are made in one transaction. */
const batch = 50;

type Variants = RequestJob['variants'];

interface Many {
  readonly ids: readonly string[];
  readonly secret: string;
}

/** Made as the product makes them, each with its key, its scopes and a client of its own. */
function makeMany(place: BenchPlace, count: number): Promise<Many> {
  const secret = randomBytes(32).toString('base64url');
  const ids = Array.from({ length: count }, (_, index) => `many-${String(index)}`);
  return inPlace(place, async ({ unitOfWork }) => {
    for (let from = 0; from < count; from += batch) {
      const prepared = await Promise.all(
        ids
          .slice(from, from + batch)
          .map((id) => prepareWorkspace({ tenantId: benchTenant, id, name: id, type: 'regular' }, systemClock)),
      );
      await unitOfWork.run(async (stores) => {
        for (const one of prepared) {
          await insertWorkspace(stores, one);
          await stores.clients.insert(clientIn(one.workspace.id, `client-${one.workspace.id}`, secret));
        }
      });
    }
    return { ids, secret };
  });
}

const body = 'grant_type=client_credentials';

export async function measureWorkspaces({ platform, load, size }: Setting): Promise<readonly Result[]> {
  const { place, ownPids } = platform;
  const since = performance.now();
  const many = await makeMany(place, size.workspaces);
  const made = (performance.now() - since) / 1000;
  const bearers = await administratorsOf(place);

  const tokenOf = (id: string): Variants[number] => ({
    path: `/${benchTenant}/${id}/oauth2/token`,
    headers: formHeaders({ id: `client-${id}`, secret: many.secret }),
    body,
  });
  const clientsOf = (id: string, index: number): Variants[number] => ({
    path: `/api/admin/${benchTenant}/servers/${id}/clients`,
    headers: { authorization: bearers[index % bearers.length] ?? '' },
  });
  const [first = ''] = many.ids;
  let next = 0;
  /** The next ones each time, so that all of them are asked before one is asked again. */
  const others = (): readonly string[] =>
    Array.from({ length: Math.min(size.requests, many.ids.length) }, () => many.ids[next++ % many.ids.length] ?? '');

  const requests = (job: Pick<RequestJob, 'method' | 'expected'>, variants: Variants) =>
    load.run({ kind: 'requests', origin: place.origin, path: '', count: size.requests, concurrency, ...job, variants });

  async function compare(
    name: string,
    job: Pick<RequestJob, 'method' | 'expected'>,
    variantOf: (id: string, index: number) => Variants[number],
  ): Promise<Result> {
    const p95 = (idsOf: () => readonly string[]) => async () => {
      const variants = idsOf().map(variantOf);
      const { took } = await requests(job, variants);
      return quantile(took['each'] ?? [], 0.95);
    };
    const found = await interleaved(size.rounds, {
      one: p95(() => bearers.map(() => first)),
      many: p95(others),
    });
    const [value, one] = [median(found.many), median(found.one)];
    return { name, value, unit: 'ms', bare: one, ratio: ratioOf(found.many, found.one), bar: within };
  }

  const token = { method: 'POST', expected: '"access_token":"' } as const;
  const call = { method: 'GET', expected: '"clients":[{' } as const;
  await requests(token, [tokenOf(first)]);
  await requests(
    call,
    bearers.map((_, index) => clientsOf(first, index)),
  );
  const tokens = await compare('workspaces.tokens.p95', token, tokenOf);
  const calls = await compare('workspaces.management.p95', call, clientsOf);
  const all = async (): Promise<number> => {
    for (let from = 0; from < many.ids.length; from += size.requests) await requests(token, others().map(tokenOf));
    return residentMb(ownPids);
  };
  const once = await all();
  const again = await all();
  return [
    { name: 'workspaces.made', value: made, unit: 's' },
    tokens,
    calls,
    { name: 'workspaces.memory', value: again, unit: 'MB', bare: once, ratio: again / once, bar: bounded },
  ];
}
