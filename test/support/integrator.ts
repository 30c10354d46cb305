/** The backend of an integrator's page, and what a stay at the page leaves behind in Temporal. */
import { Client as TemporalClient } from '@temporalio/client';
import type { Client } from '../../server/clients/client.ts';
import { handoffId, tenantId } from '../../server/kernel/ids.ts';
import { createPayloadCodec } from '../../workflows/codec.ts';
import { connectWithin } from '../../workflows/connection.ts';
import { createDataConverter } from '../../workflows/data-converter.ts';
import type { BackOffice } from './back-office.ts';
import { readTexts } from './history-texts.ts';
import type { TestPlatform } from './platform.ts';

/** What a browser brings along to a page. */
export const stayOf = ({ searchParams }: URL) => ({
  id: searchParams.get('login_id') ?? '',
  login_state: searchParams.get('login_state') ?? '',
});

export interface PageAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * @param api below `/api/system/{tid}`, e.g. `post-authn`
 * @returns what calls it, by a token that is asked for each time
 */
export function createPageCalls(platform: TestPlatform, api: string, scope: string) {
  return async (path: string, body: unknown, as: Client | undefined, tenant = 'default'): Promise<PageAnswer> => {
    const basic = Buffer.from(`${as?.id ?? ''}:${as?.secret ?? ''}`).toString('base64');
    const token = await fetch(`${platform.origin}/default/system/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
    });
    const { access_token: bearer } = (await token.json()) as { access_token: string };
    const answer = await fetch(`${platform.origin}/api/system/${tenant}/${api}/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      // As clients of the published API name it.
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-www-form-urlencoded' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
}

/** All that Temporal keeps of the login that a stay belongs to, decoded and as it lies there. */
export async function historyOfStay(platform: TestPlatform, office: BackOffice, stayId: string): Promise<string> {
  const { keyRing, stores } = office.platform;
  const stay = await stores.handoffs.find(tenantId('default'), handoffId(stayId));
  const workflowId = stay?.interactionId ?? '';
  const connection = await connectWithin({ address: platform.temporal.address }, 'default', 5000);
  try {
    const temporal = new TemporalClient({ connection, dataConverter: createDataConverter(keyRing) });
    const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
    const codec = createPayloadCodec({ keys: keyRing });
    const { texts, sealed } = await readTexts(history, codec, { namespace: 'default', workflowId });
    return [...texts, ...sealed].join('\n');
  } finally {
    await connection.close();
  }
}
