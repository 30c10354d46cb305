/** Makes sure that a cluster knows the search attributes of our workflows: a start that names an unknown one is refused. */
import type { Connection } from '@temporalio/client';
import { approvalSearchAttributes } from './contract/approval.ts';
import { searchAttributes } from './contract/authentication.ts';
import { deliverySearchAttributes } from './contract/delivery.ts';
import { TemporalUnavailable } from './errors.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API. */
const keyword = 2;

/** Each of type Keyword. */
export const searchAttributeNames: readonly string[] = [
  ...new Set<string>(
    [searchAttributes, deliverySearchAttributes, approvalSearchAttributes].flatMap((names) => Object.values(names)),
  ),
];

/** For the development server: `Name=Type`, one flag each. */
export const searchAttributeFlags: readonly string[] = searchAttributeNames.map((name) => `${name}=Keyword`);

/** What is asked of a connection to a cluster. */
export interface AdministeredConnection extends Pick<Connection, 'withDeadline'> {
  readonly operatorService: {
    listSearchAttributes(request: {
      namespace: string;
    }): Promise<{ readonly customAttributes: Readonly<Record<string, unknown>> }>;
    addSearchAttributes(request: { namespace: string; searchAttributes: Record<string, number> }): Promise<unknown>;
  };
}

/**
 * Adds the search attributes that the namespace lacks.
 * @throws TemporalUnavailable naming those that an administrator of the cluster has to add
 */
export async function ensureSearchAttributes(connection: AdministeredConnection, namespace: string): Promise<void> {
  let missing = searchAttributeNames;
  try {
    await connection.withDeadline(Date.now() + 5000, async () => {
      const known = (await connection.operatorService.listSearchAttributes({ namespace })).customAttributes;
      missing = searchAttributeNames.filter((name) => known[name] === undefined);
      if (missing.length === 0) return;
      const wanted = Object.fromEntries(missing.map((name) => [name, keyword]));
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: wanted });
    });
  } catch (error) {
    const message = `Add these search attributes, each of type Keyword, to the Temporal namespace ${namespace}: ${missing.join(', ')}.`;
    throw new TemporalUnavailable(message, { cause: error });
  }
}
