/** The plugins of this deployment, in the order in which their hooks run. Deleting a line and its folder deletes the feature. */
import type { Plugin } from './kit/index.ts';
import { webhooks } from './webhooks/index.ts';

export const plugins: readonly Plugin[] = [webhooks];

/** Members of a published configuration that belong to an industry: empty until its plugin fills them. */
export const industryMembers: readonly string[] = [
  'cdr_arrangements',
  'openbanking_br_consents',
  'openbanking_fdx_consents',
  'openbanking_file_payment_consent_file_resources',
  'openbanking_ksa_consents',
  'openbanking_uk_consents',
];
