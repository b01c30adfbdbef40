import assert from 'node:assert/strict';
import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Organization } from '../../src/lab/organization.ts';
import { createCertificateAuthority, type CertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startSmtpServer, type LabSmtpServer } from '../../src/lab/servers/smtp.ts';

/** Speaks SMTP line by line: the lab is checked without the library that it has to stand up to. */
class SmtpTalk {
  #socket: Socket;
  #received = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  #listen(): void {
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      this.#received += text;
    });
  }

  /** The next reply, all its lines. */
  async reply(): Promise<string> {
    for (;;) {
      const end = /^\d{3} .*\r\n/m.exec(this.#received);
      if (end !== null) {
        const reply = this.#received.slice(0, end.index + end[0].length);
        this.#received = this.#received.slice(reply.length);
        return reply.trim();
      }
      await new Promise((resolve) => this.#socket.once('data', resolve));
    }
  }

  async say(line: string): Promise<string> {
    this.#socket.write(`${line}\r\n`);
    return this.reply();
  }

  async startTls(ca: string): Promise<void> {
    this.#socket.removeAllListeners('data');
    const secure = connectTls({ socket: this.#socket, ca, host: 'localhost', servername: 'localhost' });
    await new Promise((resolve, reject) => secure.once('secureConnect', resolve).once('error', reject));
    this.#socket = secure;
    this.#listen();
  }

  end(): void {
    this.#socket.destroy();
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('lab SMTP server', () => {
  let authority: CertificateAuthority;
  let organization: Organization;
  let server: LabSmtpServer;
  let talk: SmtpTalk;

  before(async () => {
    authority = await createCertificateAuthority();
  });
  beforeEach(async () => {
    organization = new Organization();
    organization.addMailbox({
      alias: 'anna',
      displayName: 'Anna',
      password: 'pässwörd',
      upn: 'anna@ad.contoso.example',
    });
    server = await startSmtpServer(organization, { certificate: await authority.issue({ names: ['localhost'] }) });
    talk = new SmtpTalk(createConnection(server.port, server.host));
    assert.match(await talk.reply(), /^220 /);
  });
  afterEach(async () => {
    talk.end();
    await server.close();
  });

  async function secure(): Promise<void> {
    assert.match(await talk.say('EHLO client'), /STARTTLS/);
    assert.match(await talk.say('STARTTLS'), /^220/);
    await talk.startTls(authority.ca);
    assert.match(await talk.say('EHLO client'), /AUTH LOGIN PLAIN/);
  }
  async function signedIn(): Promise<void> {
    await secure();
    assert.match(await talk.say('AUTH LOGIN'), /^334/);
    assert.match(await talk.say(base64('CONTOSO\\anna')), /^334/);
    assert.match(await talk.say(base64('pässwörd')), /^235/);
  }

  it('takes no password and no mail before STARTTLS', async () => {
    await talk.say('EHLO client');
    assert.match(await talk.say(`AUTH PLAIN ${base64('\u0000anna\u0000pässwörd')}`), /^538/);
    assert.match(await talk.say('MAIL FROM:<anna@contoso.example>'), /^530/);
  });

  it('takes no mail before the sign-in', async () => {
    await secure();
    assert.match(await talk.say('MAIL FROM:<anna@contoso.example>'), /^530/);
  });

  it('refuses a wrong password', async () => {
    await secure();
    assert.match(await talk.say(`AUTH PLAIN ${base64('\u0000anna@ad.contoso.example\u0000wrong')}`), /^535 5\.7\.3/);
  });

  it('delivers to the address, and knows that a UPN is none', async () => {
    await signedIn();
    await talk.say('MAIL FROM:<anna@contoso.example>');
    assert.match(await talk.say('RCPT TO:<anna@ad.contoso.example>'), /^550 5\.1\.1/);
    assert.match(await talk.say('RCPT TO:<anna@contoso.example>'), /^250/);
    await talk.say('DATA');
    assert.match(
      await talk.say('From: Anna <anna@contoso.example>\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\nHello\r\n.'),
      /^250 2\.6\.0/,
    );
    assert.deepEqual(
      organization.inbox('anna@contoso.example').map(({ from, subject, text }) => [from, subject, text]),
      [['anna@contoso.example', 'Grüße', 'Hello\n']],
    );
  });

  it('reads the From header as Exchange does, not only the envelope', async () => {
    await signedIn();
    await talk.say('MAIL FROM:<anna@contoso.example>');
    await talk.say('RCPT TO:<anna@contoso.example>');
    await talk.say('DATA');
    assert.match(await talk.say('From: boss@contoso.example\r\nSubject: x\r\n\r\nHello\r\n.'), /^550 5\.7\.60/);
    assert.deepEqual(organization.inbox('anna@contoso.example'), []);
  });
});
