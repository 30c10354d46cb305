/** Starts the example: SIGNING_SECRETS holds the secrets of its webhook, divided by commas, PORT where it listens. */
import { createReceiver } from './app.ts';

const secrets = process.env['SIGNING_SECRETS'];
if (secrets === undefined) throw new Error('SIGNING_SECRETS is not set');
const port = Number(process.env['PORT'] ?? 4001);
createReceiver({
  signingSecrets: secrets.split(','),
  onEvent: ({ event_subject: subject, action, timestamp }) => {
    process.stdout.write(`${timestamp} ${subject} ${action}\n`);
  },
}).listen(port, '127.0.0.1', () => {
  process.stdout.write(`The receiver listens on http://127.0.0.1:${String(port)}/hooks\n`);
});
