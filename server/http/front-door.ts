/** The way in: what everything passes first, then the protocol's short cut, and for all the rest express. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';

/** Middleware that needs nothing of express. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: () => void) => void;

/** Endpoints that are asked thousands of times a second: matched by one look, while express asks every mount in turn. */
export interface ShortCut {
  /** Whether the request looks like one of its own. */
  takes(req: IncomingMessage): boolean;
  /** @returns false, with nothing answered and the request as it was, when it is none after all */
  answer(req: IncomingMessage, res: ServerResponse): Promise<boolean>;
}

export interface FrontDoorParts {
  /** Trace id, client address, access log, metrics. */
  readonly preamble: readonly Middleware[];
  readonly pinHost: Middleware;
  readonly shortCut: ShortCut;
  /** Mounts `raiseEarlier` first, and its error handler last. */
  readonly app: (req: IncomingMessage, res: ServerResponse) => void;
}

const failures = new WeakMap<IncomingMessage, unknown>();

/** First in the application: what failed before it is answered by its error handler, as everything that fails. */
export const raiseEarlier: RequestHandler = (req, _res, next) => {
  next(failures.get(req));
};

function inOrder(handlers: readonly Middleware[], last: (req: IncomingMessage, res: ServerResponse) => void) {
  return handlers.reduceRight<(req: IncomingMessage, res: ServerResponse) => void>(
    (next, handler) => (req, res) => {
      handler(req, res, () => {
        next(req, res);
      });
    },
    last,
  );
}

export function createFrontDoor({ preamble, pinHost, shortCut, app }: FrontDoorParts): RequestListener {
  const fail = (req: IncomingMessage, res: ServerResponse, failure: unknown): void => {
    failures.set(req, failure ?? new Error('something failed and did not say what'));
    app(req, res);
  };
  const takeShortCut = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    try {
      pinHost(req, res, () => undefined);
      if (await shortCut.answer(req, res)) return;
    } catch (failure) {
      fail(req, res, failure);
      return;
    }
    app(req, res);
  };
  const enter = inOrder(preamble, (req, res) => {
    if (shortCut.takes(req)) void takeShortCut(req, res);
    else app(req, res);
  });
  return (req, res) => {
    try {
      enter(req, res);
    } catch (failure) {
      fail(req, res, failure);
    }
  };
}
