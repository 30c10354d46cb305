/** Moves messages and stacks of failures into a payload, where the codec encrypts them: in history they stand in clear. */
import { DefaultFailureConverter } from '@temporalio/common';

/** Loaded by path, by the client, the worker and the workflow bundle: the name is Temporal's. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
