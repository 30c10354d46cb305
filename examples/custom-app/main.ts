/** Starts the example: PLATFORM_URL, TENANT_ID, CLIENT_ID and CLIENT_SECRET say where it belongs, PORT where it listens. */
import { setting } from '../platform-calls.ts';
import { createCustomApp } from './app.ts';

const port = Number(process.env['PORT'] ?? 4000);
createCustomApp({
  platformUrl: setting('PLATFORM_URL'),
  tenantId: setting('TENANT_ID'),
  clientId: setting('CLIENT_ID'),
  clientSecret: setting('CLIENT_SECRET'),
}).listen(port, '127.0.0.1', () => {
  process.stdout.write(`The custom application listens on http://127.0.0.1:${String(port)}/start\n`);
});
