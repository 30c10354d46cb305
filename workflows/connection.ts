/** Connections to a Temporal cluster: how it is named, and how long a caller waits for it. */
import { Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { TLSConfig } from '@temporalio/client';
import { TemporalUnavailable } from './errors.ts';

/** Where a Temporal cluster is, and how it knows us. */
export interface Cluster {
  /** `host:port` of its gRPC front end. */
  readonly address: string;
  /** TLS with the system's roots, or with roots and a client certificate of its own. An API key implies it. */
  readonly tls?: boolean | TLSConfig;
  readonly apiKey?: string;
}

/** Without these, a channel that failed for a while waits up to two minutes before it looks again. */
const looksAgainSoon = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
};

/**
 * A connection that connects when it is first used, and again whenever it was lost: the server starts and serves while
 * Temporal is away. A call fails within a second when nobody listens, so that a person gets a page and not a spinner.
 */
export function lazyConnection(cluster: Cluster): Connection {
  return Connection.lazy({
    ...cluster,
    channelArgs: looksAgainSoon,
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 4 }))],
  });
}

/**
 * Connects, and makes sure that the namespace is there. The caller closes the connection.
 * @param timeoutMs for all of it
 * @throws TemporalUnavailable
 */
export async function connectWithin(cluster: Cluster, namespace: string, timeoutMs: number): Promise<Connection> {
  const deadline = Date.now() + timeoutMs;
  const connection = Connection.lazy({ ...cluster, connectTimeout: timeoutMs, channelArgs: looksAgainSoon });
  try {
    await connection.ensureConnected();
    await connection.withDeadline(deadline, () => connection.workflowService.describeNamespace({ namespace }));
    return connection;
  } catch (error) {
    await connection.close();
    const seconds = String(Math.ceil(timeoutMs / 1000));
    const message = `No Temporal with the namespace ${namespace} answers at ${cluster.address} within ${seconds} s: check the address, and that the server runs.`;
    throw new TemporalUnavailable(message, { cause: error });
  }
}
