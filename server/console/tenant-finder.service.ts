/** Finding one's tenant again: by its name, or by a mail to the address it was registered under. */
import type { Region } from '../config/regions.ts';
import { tenantAddress } from '../config/regions.ts';
import { chosenIdPattern, tenantId } from '../kernel/ids.ts';
import type { Message } from '../messages/message.ts';
import type { Tenant, TenantStore } from '../tenants/tenant.ts';
import { normalizeRegistrationIdentifier } from '../tenants/tenant.ts';

export interface TenantFinder {
  /** @returns undefined when this deployment has no such tenant */
  find(name: string): Promise<Tenant | undefined>;
  /**
   * Has the names of all tenants of an address mailed to it, or nothing. Answers before it looks, so that whoever asks
   * learns nothing, not even by the time it takes.
   */
  remind(address: string, locale: string): void;
}

export interface TenantFinderDeps {
  readonly tenants: Pick<TenantStore, 'find' | 'listRegisteredBy'>;
  /** This deployment's. */
  readonly region: Pick<Region, 'publicUrl'> & { readonly name: string | undefined };
  /** Seconds to wait before this address may be mailed to again; 0 for now. */
  readonly throttle: (address: string) => number;
  readonly post: (write: () => Promise<readonly Message[]>) => boolean;
  readonly letter: (
    data: {
      readonly tenants: readonly { readonly id: string; readonly name: string; readonly href: string }[];
      readonly region: string | undefined;
    },
    locale: string,
  ) => Pick<Message, 'subject' | 'text'>;
}

/** Names that one mail holds. */
const mostNames = 100;

/** A name is somebody's words; in a mail of ours it stays on its line. */
const onOneLine = (name: string): string => name.replace(/[\s\p{C}]+/gu, ' ').trim();

export function createTenantFinder(deps: TenantFinderDeps): TenantFinder {
  return {
    async find(name) {
      const id = name.trim().toLowerCase();
      return chosenIdPattern.test(id) ? deps.tenants.find(tenantId(id)) : undefined;
    },
    remind(address, locale) {
      const registered = normalizeRegistrationIdentifier(address);
      if (registered === undefined || deps.throttle(registered) > 0) return;
      deps.post(async () => {
        const tenants = await deps.tenants.listRegisteredBy(registered, mostNames);
        if (tenants.length === 0) return [];
        const named = tenants.map(({ id, name }) => ({
          id,
          name: onOneLine(name),
          href: tenantAddress(deps.region, id),
        }));
        return [{ to: address, ...deps.letter({ tenants: named, region: deps.region.name }, locale) }];
      });
    },
  };
}
