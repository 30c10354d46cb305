/** GET /assets/<content-hash>/<name>: the pages' static files, kept by browsers for a year. */
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { Router } from 'express';
import type { Asset } from './assets.ts';

const compress = promisify(brotliCompress);
/** Bytes that are not worth packing. */
const small = 1024;
/** Of a script of 1.7 MB, 0.8 MB are left after 0.1 s; the last tenth would take 4 s. */
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/** Mount at the path the renderer was given (`/assets`). Answers other addresses with 404 and an empty body. */
export function createAssetRoutes(assets: readonly Asset[]): Router {
  const byPath = new Map(assets.map((asset) => [asset.path, asset]));
  /** Packed when they are first asked for: a text is, a picture is packed by its format. */
  const packed = new Map<string, Promise<Buffer>>();
  const packedOf = ({ path, body }: Asset): Promise<Buffer> => {
    const made = packed.get(path) ?? compress(body, quality);
    packed.set(path, made);
    return made;
  };

  const router = Router();
  router.get('/:hash/:name', async (req, res) => {
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
      .vary('Accept-Encoding');
    const packs = asset.type.startsWith('text/') && asset.body.length > small;
    if (!packs || req.acceptsEncodings('br', 'identity') !== 'br') {
      res.end(asset.body);
      return;
    }
    const body = await packedOf(asset);
    res.set('Content-Encoding', 'br').set('Content-Length', String(body.length)).end(body);
  });
  return router;
}
