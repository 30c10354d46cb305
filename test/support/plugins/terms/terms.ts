/** A sample plugin: one step of the login, «accept the terms», asked again whenever the terms' version changes. */
import { z } from 'zod';
import { definePlugin } from '../../../../plugins/kit/index.ts';

export const terms = definePlugin({
  id: 'terms',
  title: 'Terms of use',
  config: {
    workspace: z.object({
      /** Raising it asks everybody again. */
      version: z.int().positive().default(1),
      url: z.url({ protocol: /^https$/ }),
      /** First-party applications whose people agreed elsewhere. */
      exempt_clients: z.array(z.string()).default([]),
    }),
  },
  templates: new URL('./templates/', import.meta.url),
  setup(ext, config) {
    ext.steps([
      {
        id: 'terms',
        title: 'Terms of use',
        appliesTo: ({ client, workspace }) => !config.of(workspace.settings).exempt_clients.includes(client.id),
        requirement: ({ workspace }) => `step:terms@${String(config.of(workspace.settings).version)}`,
        page: ({ client, workspace }) => ({
          template: 'accept',
          data: { ...config.of(workspace.settings), application: client.metadata.client_name ?? 'the application' },
        }),
        handle(form, { workspace }) {
          const { version } = config.of(workspace.settings);
          if (form['decision'] === 'decline')
            return { kind: 'denied', reason: 'terms_not_accepted', data: { version } };
          // Two tabs may show two versions: agreeing to an older one is not agreeing to this one.
          if (form['version'] !== String(version))
            return { kind: 'again', errors: { form: 'These terms have changed. Please read them again.' } };
          if (form['accepted'] !== 'yes')
            return { kind: 'again', errors: { accepted: 'To go on, agree to the terms.' } };
          return { kind: 'passed', data: { version } };
        },
      },
    ]);
    ext.events({ publishes: ['terms accepted'] });
    ext.discovery({
      members: ['op_tos_uri'],
      values: ({ workspace }) => ({ op_tos_uri: config.of(workspace.settings).url }),
    });
  },
});
