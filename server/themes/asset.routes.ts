/** GET /assets/<content-hash>/<name>: the pages' static files, kept by browsers for a year. */
import { Router } from 'express';
import type { Asset } from './assets.ts';

/** Mount at the path the renderer was given (`/assets`). Answers other addresses with 404 and an empty body. */
export function createAssetRoutes(assets: readonly Asset[]): Router {
  const byPath = new Map(assets.map((asset) => [asset.path, asset]));
  const router = Router();
  router.get('/:hash/:name', (req, res) => {
    const asset = byPath.get(`${req.params.hash}/${req.params.name}`);
    res.set('X-Content-Type-Options', 'nosniff');
    if (asset === undefined) {
      res.status(404).set('Cache-Control', 'no-store').end();
      return;
    }
    res
      .set('Content-Type', asset.type)
      .set('Cache-Control', 'public, max-age=31536000, immutable')
      // A picture opened on its own is a document: it may run nothing.
      .set('Content-Security-Policy', "default-src 'none'; sandbox")
      .set('Cross-Origin-Resource-Policy', 'same-origin')
      .end(asset.body);
  });
  return router;
}
