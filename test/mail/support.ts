/** What the mail tests share: a lab with an SMTP server, and an account on it. */
import { isConnectorError, type ConnectorError } from '../../src/errors.ts';
import { Organization } from '../../src/lab/organization.ts';
import { createCertificateAuthority, type CertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startSmtpServer, type LabSmtpServer, type SmtpServerOptions } from '../../src/lab/servers/smtp.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import type { OutgoingMail } from '../../src/mail/message.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';
import type { SmtpAccountOptions } from '../../src/mail/smtp.ts';

export const PASSWORD = 'C0rrect-Horse!Battery';

export const MAIL: OutgoingMail = {
  to: 'anna@contoso.example',
  subject: 'Enroll your phone — für alle',
  text: 'Open https://link.contoso.example/activate?t=1\n',
  html: '<p>Open <a href="https://link.contoso.example/activate?t=1">Enroll this device</a></p>',
  language: 'en',
  messageId: '<device-1.attempt-1@contoso.example>',
};

const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]);

/** The same with a picture within its HTML, and that HTML as a mail program shows it. */
export const WITH_PICTURE: OutgoingMail = {
  ...MAIL,
  html: '<p><img src="cid:qr.1@contoso.example" alt="QR code"></p>',
  pictures: [{ cid: 'qr.1@contoso.example', fileName: 'qr.png', contentType: 'image/png', content: PICTURE }],
};
export const SHOWN_PICTURE = `<p><img src="data:image/png;base64,${PICTURE.toString('base64')}" alt="QR code"></p>`;

/** The code of the error that `work` throws. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return isConnectorError(error) ? error.code : String(error);
  }
  return 'no error';
}

/** The error a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<ConnectorError> {
  try {
    await promise;
  } catch (error) {
    if (isConnectorError(error)) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

/** The organization: a notification account, a user, and an account without a mailbox. */
export function organization(): Organization {
  const organization = new Organization();
  organization.addMailbox({ alias: 'enroll', displayName: 'Enrollment', password: PASSWORD });
  organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
  organization.addMailbox({ alias: 'svc', displayName: 'Service', password: PASSWORD, hasMailbox: false });
  return organization;
}

/** Starts and stops the servers of one test file. */
export class MailLab {
  readonly organization = organization();
  readonly #open: { close(): Promise<void> }[] = [];
  authority!: CertificateAuthority;

  async start(): Promise<void> {
    this.authority = await createCertificateAuthority();
  }

  async smtp(options: Partial<SmtpServerOptions> & { names?: string[]; notAfter?: Date } = {}): Promise<LabSmtpServer> {
    const { names = ['localhost'], notAfter, ...rest } = options;
    const certificate = await this.authority.issue({
      names,
      ips: names.includes('localhost') ? ['127.0.0.1'] : [],
      ...(notAfter ? { notAfter } : {}),
    });
    const server = await startSmtpServer(this.organization, { certificate, ...rest });
    this.#open.push(server);
    return server;
  }

  mailer(server: { port: number }, options: Partial<SmtpAccountOptions> = {}): Mailer {
    const mailer = openMailer({
      transport: 'smtp',
      address: 'enroll@contoso.example',
      displayName: 'Device Enrollment',
      host: '127.0.0.1',
      port: server.port,
      username: 'enroll@contoso.example',
      password: PASSWORD,
      tls: { ca: this.authority.ca },
      ...options,
    });
    this.#open.unshift(mailer); // clients before servers
    return mailer;
  }

  async stop(): Promise<void> {
    for (const each of this.#open.splice(0)) await each.close();
  }
}
