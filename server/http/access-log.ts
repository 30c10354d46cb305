/** One line a request: what was asked, how it ended, how long it took. */
import type { Log } from '../kernel/log.ts';
import type { Middleware } from './front-door.ts';
import { routeName } from './route-name.ts';

/** Writes after the answer has gone out; the line says `aborted` when the caller did not wait for it. */
export function accessLog(log: Log): Middleware {
  return (req, res, next) => {
    if (req.url === '/alive') {
      next();
      return;
    }
    const start = performance.now();
    res.once('close', () => {
      const fields = {
        method: req.method,
        route: routeName(req),
        status: res.statusCode,
        ms: Math.round((performance.now() - start) * 10) / 10,
      };
      log.info(res.writableFinished ? fields : { ...fields, aborted: true }, 'request');
    });
    next();
  };
}
