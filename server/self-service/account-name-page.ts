/** The page that asks whose account it is, or is to be, and what else the pool wants to know of somebody new. */
import { schemaId } from '../kernel/ids.ts';
import type { Pool } from '../pools/pool.ts';
import type { SchemaStore } from '../schemas/schema.ts';
import type { AccountNamePage } from '../themes/account-pages.ts';
import type { Renderer } from '../themes/renderer.ts';
import { sendPage } from '../themes/send-page.ts';
import { nameFault, type AccountForm } from './account-form.ts';
import type { AccountQueries } from './account-query.ts';
import type { AccountService } from './account.ts';
import { common, hrefOf, statusOf, type Visit } from './account-visit.ts';
import { fieldsShown, membersAsked, payloadFrom, textsIn, type AskedMember } from './registration-form.ts';

export interface AccountNamePageDeps {
  readonly service: Pick<AccountService<never>, 'register' | 'requestReset'>;
  readonly queries: Pick<AccountQueries, 'remember'>;
  readonly schemas: Pick<SchemaStore, 'find'>;
  readonly renderer: Pick<Renderer, 'render'>;
}

export interface AccountNamePages {
  /** With what they typed before who have another message sent. */
  show(here: Visit): Promise<void>;
  /** Sends the message, and goes to the page that asks for its code: whoever was named, the answer is the same. */
  ask(here: Visit, form: AccountForm): Promise<void>;
}

export function createAccountNamePages(deps: AccountNamePageDeps): AccountNamePages {
  const { service, queries, renderer } = deps;

  async function membersOf({ tenantId, settings }: Pool): Promise<readonly AskedMember[]> {
    const schema = await deps.schemas.find(tenantId, schemaId(settings.payload_schema_id));
    return schema === undefined ? [] : membersAsked(schema);
  }

  function draw(here: Visit, said: Partial<AccountNamePage>): void {
    const { res, at } = here;
    const errand = here.errand === 'register' ? 'register' : 'reset';
    const page = {
      ...common(here),
      errand,
      action: hrefOf(here, errand),
      identifier: '',
      fields: [],
      ...said,
    } as const;
    const status = said.hasFaultyFields === true ? 422 : statusOf(said.fault);
    sendPage(res, status, renderer.render('account-name', page, { locale: at.locale }));
  }

  return {
    async show(here) {
      const members = here.errand === 'register' ? await membersOf(here.pool) : [];
      const { identifier = '', said = {} } = here.owner ?? {};
      draw(here, { identifier, fields: fieldsShown(members, new Map(Object.entries(said)), []) });
    },

    async ask(here, form) {
      const { at, errand, pool, res, req } = here;
      const identifier = form.identifier.trim();
      const members = errand === 'register' ? await membersOf(pool) : [];
      const texts = textsIn(members, req.body);
      const again = (said: Partial<AccountNamePage>, faulty: readonly string[] = []): void => {
        draw(here, { identifier, fields: fieldsShown(members, texts, faulty), ...said });
      };
      const fault = nameFault(errand, identifier);
      if (fault !== undefined) {
        again({ fault });
        return;
      }
      const asked = await (errand === 'register'
        ? service.register(at, identifier, payloadFrom(members, texts))
        : service.requestReset(at, identifier));
      if (asked.kind === 'throttled') {
        res.set('Retry-After', String(asked.retryAfterSeconds));
        again({ fault: 'too_many_attempts', retryAfterSeconds: asked.retryAfterSeconds });
        return;
      }
      if (asked.kind === 'incomplete') {
        const isAsked = (name: string) => members.some((member) => member.name === name);
        // What nobody is asked here, nobody can put right.
        if (asked.members.every(isAsked)) again({ hasFaultyFields: true }, asked.members);
        else again({ fault: 'registration_incomplete' });
        return;
      }
      const { userId, bound } = asked;
      const place = { tenantId: pool.tenantId, poolId: pool.id };
      const sealed = queries.remember(place, { identifier, userId, bound, said: Object.fromEntries(texts) });
      res.set('Cache-Control', 'no-store').redirect(303, hrefOf(here, errand, { for: sealed }));
    },
  };
}
