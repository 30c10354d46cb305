/** What is asked of either side: the same client, people and endpoints, found through discovery as any client finds them. */
import { z } from 'zod';

export interface Person {
  readonly identifier: string;
  readonly password: string;
}

export interface Target {
  readonly origin: string;
  readonly client: { readonly id: string; readonly secret: string; readonly redirectUri: string };
  readonly people: readonly Person[];
  /** Paths. */
  readonly authorize: string;
  readonly token: string;
  readonly introspect: string;
  readonly userinfo: string;
}

const discovery = z.object({
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  introspection_endpoint: z.url(),
  userinfo_endpoint: z.url(),
});

export async function discover(issuer: string, known: Pick<Target, 'origin' | 'client' | 'people'>): Promise<Target> {
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
  const found = discovery.parse(await answer.json());
  const path = (url: string): string => new URL(url).pathname;
  return {
    origin: known.origin,
    client: known.client,
    people: known.people,
    authorize: path(found.authorization_endpoint),
    token: path(found.token_endpoint),
    introspect: path(found.introspection_endpoint),
    userinfo: path(found.userinfo_endpoint),
  };
}

/** Header of a client that shows its secret (RFC 6749 §2.3.1). */
export function basicAuth({ id, secret }: Target['client']): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}
