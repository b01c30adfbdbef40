/**
 * SMTP submission as Exchange's "Client Frontend" connector does it (port 587: STARTTLS, then AUTH LOGIN), delivering
 * into the simulated organization. AUTH is announced before STARTTLS too (the library's doing), and refused there.
 * Development only.
 */
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import type { Mailbox } from '../mailboxes.ts';
import type { Organization } from '../organization.ts';
import type { ServerCertificate } from './certificates.ts';

/** A reply on demand: the code and the text after it, as `[550, '5.7.1 …']`. */
export type SmtpReply = readonly [code: number, text: string];

/** What goes wrong from now on; change it while the server runs. */
export interface SmtpFaults {
  /** Instead of the greeting. */
  greeting?: SmtpReply;
  /** Instead of looking at the password. */
  auth?: SmtpReply;
  /** Instead of taking MAIL FROM, RCPT TO or the data. */
  sender?: SmtpReply;
  recipient?: SmtpReply;
  /** Instead of taking RCPT TO of one of these addresses, in small letters. */
  recipients?: Readonly<Record<string, SmtpReply>>;
  data?: SmtpReply;
  /** Breaks the connection without a word at this point; after the data, the mail has been delivered. */
  reset?: 'greeting' | 'sender' | 'after-data';
  /** Waits before it answers the data, milliseconds. */
  slowMs?: number;
}

export interface SmtpServerOptions {
  readonly certificate: ServerCertificate;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly host?: string;
  /** TLS from the first byte instead of STARTTLS. */
  readonly implicitTls?: boolean;
  /** No STARTTLS and so no AUTH either: a relay on an old box. */
  readonly withoutTls?: boolean;
  /** Submissions a minute and user; Exchange's default is 5 (message-rate-limits.md). Default: no limit. */
  readonly messagesPerMinute?: number;
  /** Looks recipients up after the data, as a hub without a recipient filter in front: then the whole mail is refused. */
  readonly refusesAfterData?: boolean;
}

/** A running server. */
export interface LabSmtpServer {
  readonly host: string;
  readonly port: number;
  readonly faults: SmtpFaults;
  /** What was seen, for tests: sign-ins by user and result, mails taken. */
  readonly stats: { connections: number; signIns: { username: string; ok: boolean }[]; mails: number };
  close(): Promise<void>;
}

/** Starts the server on loopback. */
export async function startSmtpServer(organization: Organization, options: SmtpServerOptions): Promise<LabSmtpServer> {
  const host = options.host ?? '127.0.0.1';
  const faults: SmtpFaults = {};
  const stats: LabSmtpServer['stats'] = { connections: 0, signIns: [], mails: 0 };
  const users = new WeakMap<SMTPServerSession, Mailbox>();
  const submissions = new Map<Mailbox, number[]>();
  const drop = (session: SMTPServerSession): void => {
    for (const connection of server.connections as Set<{
      session?: SMTPServerSession;
      _socket?: { destroy(): void };
    }>) {
      if (connection.session === session) connection._socket?.destroy();
    }
  };
  const server = new SMTPServer({
    name: 'mail.lab.example',
    banner: 'Microsoft ESMTP MAIL Service ready (lab)',
    secure: options.implicitTls ?? false,
    key: options.certificate.key,
    cert: options.certificate.cert,
    authMethods: ['LOGIN', 'PLAIN'],
    disabledCommands: options.withoutTls ? ['STARTTLS', 'AUTH'] : [],
    authOptional: options.withoutTls ?? false,
    disableReverseLookup: true,
    size: 36_700_160, // MaxMessageSize of the connector: 35 MB
    closeTimeout: 200,
    onConnect(session, done) {
      stats.connections += 1;
      if (faults.reset === 'greeting') return drop(session);
      done(faults.greeting ? refusal(faults.greeting) : null);
    },
    onAuth(auth, session, done) {
      if (faults.auth) return done(refusal(faults.auth));
      const user = organization.authenticate(auth.username ?? '', auth.password ?? '');
      stats.signIns.push({ username: auth.username ?? '', ok: user !== null });
      if (user === null) return done(refusal([535, '5.7.3 Authentication unsuccessful']));
      users.set(session, user);
      done(null, { user: user.upn });
    },
    onMailFrom(_address, session, done) {
      if (faults.reset === 'sender') return drop(session);
      if (faults.sender) return done(refusal(faults.sender));
      const user = users.get(session);
      const overLimit = user !== undefined && countSubmission(submissions, user, options.messagesPerMinute);
      done(
        overLimit
          ? refusal([421, '4.4.2 Message submission rate for this client has exceeded the configured limit'])
          : null,
      );
    },
    onRcptTo(address, _session, done) {
      const fault = faults.recipient ?? faults.recipients?.[address.address.toLowerCase()];
      if (fault) return done(refusal(fault));
      const isTaken = options.refusesAfterData === true || hasInbox(organization, address.address);
      done(isTaken ? null : refusal([550, '5.1.1 User unknown']));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => void take(Buffer.concat(chunks), session).then((text) => done(null, text), done));
    },
  });
  server.on('error', () => {}); // a client that breaks off is part of the exercise

  const take = async (raw: Buffer, session: SMTPServerSession): Promise<string> => {
    if (faults.slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, faults.slowMs));
    if (faults.data) throw refusal(faults.data);
    const mail = await simpleParser(raw);
    const user = users.get(session);
    // Exchange compares the From header too, and does so once it has read it.
    if (user !== undefined && !mayUse(user, senderOf(mail), session)) {
      throw refusal([550, '5.7.60 SMTP; Client does not have permissions to send as this sender']);
    }
    if (!session.envelope.rcptTo.every(({ address }) => hasInbox(organization, address)))
      throw refusal([550, '5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup']);
    for (const { address } of session.envelope.rcptTo) deliver(organization, mail, raw, senderOf(mail), address);
    stats.mails += 1;
    if (faults.reset === 'after-data') drop(session);
    return `2.6.0 ${mail.messageId ?? '<lab>'} [InternalId=${stats.mails}, Hostname=mail.lab.example] Queued mail for delivery`;
  };

  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  return {
    host,
    port: (server.server.address() as AddressInfo).port,
    faults,
    stats,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function refusal([responseCode, text]: SmtpReply): Error {
  return Object.assign(new Error(text), { responseCode });
}

function hasInbox(organization: Organization, address: string): boolean {
  const mailbox = organization.mailboxByAddress(address);
  return mailbox !== null && mailbox.hasMailbox && owns(mailbox, address); // a UPN is not an address
}

function owns(user: Mailbox, address: string): boolean {
  return user.addresses.some((own) => own.toLowerCase() === address.toLowerCase());
}

function countSubmission(submissions: Map<Mailbox, number[]>, user: Mailbox, limit: number | undefined): boolean {
  if (limit === undefined) return false;
  const recent = (submissions.get(user) ?? []).filter((at) => at > Date.now() - 60_000);
  submissions.set(user, [...recent, Date.now()]);
  return recent.length >= limit;
}

function senderOf(mail: ParsedMail): string {
  return mail.from?.value[0]?.address ?? '';
}

function mayUse(user: Mailbox, from: string, session: SMTPServerSession): boolean {
  const envelope = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
  return owns(user, from) && owns(user, envelope);
}

function deliver(organization: Organization, mail: ParsedMail, raw: Buffer, from: string, to: string): void {
  const headers = mail.headerLines.map(
    ({ key, line }) => [key.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
  );
  organization.deliver({
    from,
    to,
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html || null,
    headers: Object.fromEntries(headers),
    raw: raw.toString('latin1'),
  });
}
