/** Mails by SMTP (RFC 5321), over TLS wherever they leave this machine. */
import { createTransport } from 'nodemailer';
import { isLoopbackHost } from '../config/public-url.ts';
import type { MessageSender } from './message.ts';

const timeoutMs = 10_000;

/** @param url `smtps://user:password@host:465`, or `smtp://…`, where STARTTLS is asked for and not done without */
export function createSmtpSender({ url, from }: { readonly url: string; readonly from: string }): MessageSender {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const domain = /@([^@>]+)>?$/.exec(from)?.[1] ?? 'localhost';
  const transport = createTransport({
    host: hostname,
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !isLoopbackHost(hostname),
    ignoreTLS: !secure && isLoopbackHost(hostname),
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
    pool: true,
    maxConnections: 5,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A message is text: it names no file and no address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, subject, text, id }) {
      await transport.sendMail({
        from,
        to: { name: '', address: to },
        subject,
        text,
        ...(id === undefined ? {} : { messageId: `<${id}@${domain}>` }),
        // Nobody answers a machine (RFC 3834 §5).
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    },
    close() {
      transport.close();
    },
  };
}
