/** Starts `chaos-main.ts` as `server/start.js` starts `main.ts`: what died comes back as fast as it does in production. */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';

enableCompileCache(join(import.meta.dirname, '..', '..', '.cache', 'compiled'));
await import('./chaos-main.ts');
flushCompileCache();
