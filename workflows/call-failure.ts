/** Reads what a failed call to Temporal means for a login: not taken, or Temporal is out of reach. */
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { PayloadRefused } from './codec.ts';
import { WorkflowsUnavailable } from './errors.ts';

/** Status codes of gRPC. */
const notFound = 5;
const alreadyExists = 6;

/**
 * Whether the workflow is there but did not take the move, or is not there (any more). A login's handlers fail for one
 * reason only, that it does not wait for the move; and a step's Update that was never waited for is rejected by the SDK.
 */
export function isNotTaken(error: unknown): boolean {
  if (error instanceof NamespaceNotFoundError) return false;
  if (error instanceof WorkflowUpdateFailedError) return true;
  if (error instanceof WorkflowNotFoundError || error instanceof WorkflowExecutionAlreadyStartedError) return true;
  const code = grpcCode(error);
  return code === notFound || code === alreadyExists;
}

/** What the caller is thrown for any other failure of a call; a defect of ours is not dressed up as an outage. */
export function callFailure(error: unknown): Error {
  if (error instanceof WorkflowsUnavailable || error instanceof PayloadRefused) return error;
  const away =
    error instanceof ServiceError ||
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    error instanceof NamespaceNotFoundError ||
    isGrpcServiceError(error);
  if (away) return new WorkflowsUnavailable('logins are out of reach just now', { cause: error });
  return error instanceof Error ? error : new Error('a call to Temporal failed', { cause: error });
}

function grpcCode(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof ServiceError && isGrpcServiceError(error.cause) ? error.cause.code : undefined;
}
