/** Execution points as the published Admin API writes them. */
import { z } from 'zod';
import { executionPoints } from '../../scripts-runtime/index.ts';
import type { Binding } from './execution-point.ts';

export const executionPointsBody = z.object({
  execution_points: z
    .array(
      z.object({
        type: z.enum(executionPoints),
        target_fk: z.string().min(1).max(64).describe('an idp, a client, or the workspace itself'),
        script_id: z.string().max(64).optional().describe('empty: none runs there'),
      }),
    )
    .max(200)
    .describe('those that change'),
});

export const executionPointsAnswer = z.object({
  execution_points: z.array(
    z.object({
      type: z.enum(executionPoints),
      target_fk: z.string(),
      script_id: z.string(),
      server_id: z.string().describe('the workspace'),
      tenant_id: z.string(),
    }),
  ),
});

export function toExecutionPointsBody(bindings: readonly Binding[]): z.infer<typeof executionPointsAnswer> {
  return {
    execution_points: bindings.map(({ tenantId, workspaceId, type, target, scriptId }) => ({
      type,
      target_fk: target,
      script_id: scriptId,
      server_id: workspaceId,
      tenant_id: tenantId,
    })),
  };
}
