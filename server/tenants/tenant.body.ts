/** A tenant as the published APIs write it. */
import { z } from 'zod';
import { unserved } from '../http/unserved.ts';
import type { Tenant } from './tenant.ts';

const member = z.json().optional();

/** Members that are not published are ignored, as published; the platform's own keys are no part of it. */
export const tenantBody = z.object({
  id: z.string().optional().describe('1 to 64 of a-z, 0-9, - and _; generated when it is not given'),
  name: z.string().trim().max(255).optional().describe('what people read; the id when it is not given'),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2048)
    .optional()
    .describe('an address of its own'),
  metadata: z.record(z.string().max(255), z.json()).optional(),
  settings: z
    .object({
      default_template_id: member,
      default_workspace_id: member,
      security: unserved('every page is protected alike, by headers that no tenant chooses'),
      translations: z
        .object({ default_locale: member, disabled_translations: member, enabled: member, selector_enabled: member })
        .optional(),
      well_known: z.record(z.string().max(255), z.json()).optional(),
      workforce: z.object({ manifest_url: member, url: member }).optional(),
    })
    .optional(),
  styling: z
    .object({
      colors: z.object({ background: member, header: member, primary: member }).optional(),
      font_url: member,
      logo_size: member,
      logo_url: member,
    })
    .optional(),
});

/** As it is answered. */
export const tenantAnswer = tenantBody.extend({ name: z.string() });

export type TenantBody = z.infer<typeof tenantBody>;

/** Empty is not given: what a generated client sends for an id that is to be generated. */
export function chosenId({ id }: TenantBody): string | undefined {
  return id === '' ? undefined : id;
}

/**
 * What the platform keeps of it as it came.
 * @param defaultUrl where it is without an address of its own: what a GET answered is no address that somebody chose
 */
export function keptOf({ url, metadata, settings, styling }: TenantBody, defaultUrl?: string): Tenant['settings'] {
  return withoutUnserved({
    ...(url === undefined || url === defaultUrl ? {} : { url }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(settings === undefined ? {} : { settings }),
    ...(styling === undefined ? {} : { styling }),
  });
}

/** As it is shown: what was kept before it was refused is nothing to send back. */
export function withoutUnserved({ settings, ...stored }: Tenant['settings']): Tenant['settings'] {
  if (typeof settings !== 'object' || settings === null) return stored;
  return { ...stored, settings: Object.fromEntries(Object.entries(settings).filter(([name]) => name !== 'security')) };
}

/** @param defaultUrl where the tenant is without an address of its own, e.g. `https://id.example/acme` */
export function toTenantBody({ id, name, settings }: Tenant, defaultUrl: string): Record<string, unknown> {
  return { id, name, url: defaultUrl, ...withoutUnserved(settings) };
}
