/**
 * Starts one of the two: `node examples/custom-pages/main.ts login` or `consent`. PLATFORM_URL, TENANT_ID, CLIENT_ID and
 * CLIENT_SECRET say where it belongs, PORT where it listens, MEMBER_PASSWORD how the one member of the login page signs in.
 */
import { setting } from '../platform-calls.ts';
import { createConsentPage } from './consent-page.ts';
import { createLoginPage, hashOf } from './login-page.ts';

const options = {
  platformUrl: setting('PLATFORM_URL'),
  tenantId: setting('TENANT_ID'),
  clientId: setting('CLIENT_ID'),
  clientSecret: setting('CLIENT_SECRET'),
};
const port = Number(process.env['PORT'] ?? 4001);

function memberFrom(password: string) {
  const salt = 'of the example';
  return { id: '1', name: 'Grace Hopper', email: 'grace@example.com', salt, passwordHash: hashOf(password, salt) };
}

const app =
  process.argv[2] === 'consent'
    ? createConsentPage(options)
    : createLoginPage(options, [memberFrom(setting('MEMBER_PASSWORD'))]);
app.listen(port, '127.0.0.1', () => {
  process.stdout.write(`The page listens on http://127.0.0.1:${String(port)}/start\n`);
});
