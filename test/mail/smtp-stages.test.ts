/** Where in a conversation a server refuses or falls silent: what the library hides of it is seen all the same. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { openMailer } from '../../src/mail/open-mailer.ts';
import type { ConnectorError } from '../../src/errors.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import { whileSocketsWait } from '../support/put-forward.ts';
import { failure, MAIL } from './support.ts';

type At = 'greeting' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'after DATA';

/** A server of few words. `reply`: what it says there; null: it breaks off; empty: it says nothing more. */
interface Script {
  readonly at: At;
  readonly reply: string | null;
  readonly pipelining: boolean;
}

const GOOD: Readonly<Record<At, string>> = {
  greeting: '220 mx.example ESMTP',
  EHLO: '250 mx.example',
  MAIL: '250 2.1.0 Ok',
  RCPT: '250 2.1.5 Ok',
  DATA: '354 Go on',
  'after DATA': '250 2.0.0 Ok: queued as 1',
};

/** @param onSilence called when it says nothing more */
function speak(socket: Socket, { at, reply, pipelining }: Script, onSilence: () => void): void {
  let isQuiet = false;
  let isRefused = false;
  let inData = false;
  let rest = '';
  const answer = (now: At): void => {
    if (isQuiet) return;
    const good = now === 'EHLO' && pipelining ? '250-mx.example\r\n250 PIPELINING' : GOOD[now];
    const said = now === at ? reply : now === 'DATA' && isRefused ? '554 5.5.1 Error: no valid recipients' : good;
    isRefused ||= /^[45]/.test(said ?? '');
    if (said === null) return void socket.destroy();
    if (said === '') {
      isQuiet = true;
      return onSilence();
    }
    inData = now === 'DATA' && said.startsWith('354');
    socket.write(`${said}\r\n`);
    if (said.startsWith('421')) socket.end();
  };
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    for (;;) {
      const end = inData ? rest.indexOf('\r\n.\r\n') : rest.indexOf('\r\n');
      if (end < 0) return;
      const line = rest.slice(0, end);
      rest = rest.slice(end + (inData ? 5 : 2));
      if (inData) {
        inData = false;
        answer('after DATA');
      } else if (/^(EHLO|HELO)/.test(line)) answer('EHLO');
      else if (/^(MAIL|RCPT|DATA)/.test(line)) answer(line.slice(0, 4) as At);
      else socket.write('250 2.0.0 Ok\r\n');
    }
  });
  answer('greeting');
}

/** at, what it says, code, about, then. */
type Row = readonly [At, string | null, code: string, about: string, fate: string];

const ROWS: readonly Row[] = [
  ['greeting', null, 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['greeting', '', 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['greeting', '421 4.7.0 mx Error: too many connections from 10.0.0.1', 'ERR_MAIL_RATE', 'rate', 'again'],
  ['greeting', '421 4.3.2 Service not available', 'ERR_MAIL_BUSY', 'server', 'again'],
  ['greeting', '554 5.7.1 No SMTP service here', 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['EHLO', null, 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['EHLO', '421 4.3.2 Service shutting down', 'ERR_MAIL_BUSY', 'server', 'again'],
  ['MAIL', null, 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['MAIL', '', 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['MAIL', '450 4.7.1 Error: too much mail from 10.0.0.1', 'ERR_MAIL_RATE', 'rate', 'again'],
  ['MAIL', '421 4.4.2 Message submission rate for this client has exceeded', 'ERR_MAIL_RATE', 'rate', 'again'],
  ['MAIL', '452 4.3.1 Insufficient system resources', 'ERR_MAIL_BUSY', 'server', 'again'],
  ['MAIL', '550 5.7.60 Client does not have permissions', 'ERR_MAIL_NO_SIGN_IN', 'account', 'account'],
  [
    'MAIL',
    '530 5.7.57 Client was not authenticated to send anonymous mail',
    'ERR_MAIL_NO_SIGN_IN',
    'account',
    'account',
  ],
  ['MAIL', '530 Authentication required', 'ERR_MAIL_NO_SIGN_IN', 'account', 'account'],
  ['MAIL', '530 5.7.0 Must issue a STARTTLS command first', 'ERR_MAIL_CONNECT', 'server', 'account'],
  ['MAIL', '451 5.7.3 STARTTLS is required to send mail', 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['RCPT', null, 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['RCPT', '', 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['RCPT', '421 4.3.2 Service shutting down', 'ERR_MAIL_BUSY', 'server', 'again'],
  ['RCPT', '450 4.2.0 Greylisted', 'ERR_MAIL_RECIPIENT', 'recipient', 'again'],
  ['RCPT', '530 5.7.0 Must issue a STARTTLS command first', 'ERR_MAIL_CONNECT', 'server', 'account'],
  [
    'RCPT',
    '553 5.7.1 <enroll@contoso.example>: Sender address rejected: not logged in',
    'ERR_MAIL_NO_SIGN_IN',
    'account',
    'account',
  ],
  [
    'RCPT',
    '553 5.7.1 <enroll@contoso.example>: Sender address rejected: not owned by user',
    'ERR_MAIL_SENDER',
    'sender',
    'account',
  ],
  ['RCPT', '550 5.1.1 User unknown', 'ERR_MAIL_RECIPIENT', 'recipient', 'never'],
  ['DATA', null, 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['DATA', '', 'ERR_MAIL_CONNECT', 'server', 'again'],
  ['DATA', '452 4.3.1 Insufficient system resources', 'ERR_MAIL_BUSY', 'server', 'again'],
  ['DATA', '554 5.5.1 Error: no valid recipients', 'ERR_MAIL_REFUSED', 'content', 'again'],
  ['after DATA', null, 'ERR_MAIL_UNANSWERED', 'server', 'repeat'],
  ['after DATA', '', 'ERR_MAIL_UNANSWERED', 'server', 'repeat'],
  ['after DATA', '421 4.4.2 Timeout', 'ERR_MAIL_BUSY', 'server', 'again'],
  ['after DATA', '432 4.3.2 STOREDRV; recipient thread limit exceeded', 'ERR_MAIL_RATE', 'rate', 'again'],
  ['after DATA', '554 5.6.0 Message content is not acceptable', 'ERR_MAIL_REFUSED', 'content', 'again'],
  ['after DATA', '550 5.1.10 RESOLVER.ADR.RecipientNotFound', 'ERR_MAIL_RECIPIENT', 'recipient', 'never'],
];

describe('a mail that a server does not take', () => {
  let server: Server | null = null;
  let mailer: Mailer | null = null;

  afterEach(async () => {
    await mailer?.close();
    await new Promise((resolve) => server?.close(resolve));
  });

  for (const pipelining of [false, true]) {
    for (const [at, reply, code, about, fate] of ROWS) {
      const says = reply === null ? 'it breaks off' : reply === '' ? 'it falls silent' : `it says "${reply}"`;
      const how = pipelining ? ', with commands sent together' : '';
      it(`when ${says} at ${at}${how}: ${code}, about the ${about}, then ${fate}`, async () => {
        const silence = Promise.withResolvers<void>();
        const speaks = (socket: Socket): void => speak(socket, { at, reply, pipelining }, silence.resolve);
        server = createServer(speaks).listen(0, '127.0.0.1');
        await new Promise((resolve) => server?.once('listening', resolve));
        const { port } = server.address() as AddressInfo;
        // Silence is waited for; an answer may take its time on a busy machine.
        const isSilent = reply === '';
        const timeouts = {
          connectMs: 10_000,
          greetingMs: isSilent && at === 'greeting' ? 400 : 10_000,
          idleMs: 10_000,
        };
        const where = { host: '127.0.0.1', port, security: 'none' } as const;
        mailer = openMailer({ transport: 'smtp', address: 'enroll@contoso.example', ...where, timeouts });
        const taken = mailer;
        const mail = (): Promise<ConnectorError> => failure(taken.send(MAIL));
        const error = await (isSilent ? whileSocketsWait(mail, () => silence.promise, 10_000) : mail());
        assert.deepEqual([error.code, error.details['about'], error.details['fate']], [code, about, fate]);
      });
    }
  }
});
