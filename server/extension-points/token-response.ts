/** Extension point `tokenResponse` (transform): members a plugin adds to a successful token response (RFC 6749 §5.1). */
import { z } from 'zod';
import type { Client } from '../clients/client.ts';
import type { Workspace } from '../workspaces/workspace.ts';

/** «The parameters are included in the entity-body», others may join them (RFC 6749 §5.1, §8.2). */
export const tokenResponseSchema = z.looseObject({
  access_token: z.string().min(1),
  token_type: z.string().min(1),
  expires_in: z.number().int().nonnegative().optional(),
  refresh_token: z.string().min(1).optional(),
  id_token: z.string().min(1).optional(),
  scope: z.string().optional(),
});

export type TokenResponse = Readonly<z.infer<typeof tokenResponseSchema>>;

export interface TokenResponseContext {
  readonly workspace: Workspace;
  readonly client: Client;
  readonly grantType: string;
  readonly grantedScopes: readonly string[];
  /** Undefined where no person takes part (client credentials). */
  readonly grantId: string | undefined;
  readonly subject: string | undefined;
}

/** Pure: answers a response of its own, and leaves what the engine issued as it is. */
export type TokenResponseTransform = (response: TokenResponse, context: TokenResponseContext) => TokenResponse;

/**
 * Holds a transform to its schema, and to what the engine issued.
 * @throws Error naming the member, never its value
 */
export function checkTokenResponse(result: TokenResponse, given: TokenResponse): TokenResponse {
  for (const member of Object.keys(tokenResponseSchema.shape)) {
    if (result[member] !== given[member]) throw new Error(`the member "${member}" was changed`);
  }
  return tokenResponseSchema.parse(result);
}
