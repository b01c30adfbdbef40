/** An EWS account whose address Autodiscover knows: the discovery signs in, so it is not made once a mail. */
import assert from 'node:assert/strict';
import { discoveredMailer } from '../../nodes/mail-account/discovered-mailer.ts';
import type { DiscoveredMailer } from '../../nodes/mail-account/discovered-mailer.ts';
import { isConnectorError } from '../../src/errors.ts';
import { startAutodiscoverServer } from '../../src/lab/servers/autodiscover.ts';
import { createCertificateAuthority } from '../../src/lab/servers/certificates.ts';
import { startDnsServer } from '../../src/lab/servers/dns.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { SignInGate } from '../../src/mail/sign-in-gate.ts';
import { ADDRESS, DiscoveryLab } from '../autodiscover/support.ts';
import { failure, MAIL, organization, PASSWORD } from '../mail/support.ts';

describe('mail account that asks Autodiscover', () => {
  let lab: Lab;
  let opened: DiscoveredMailer | null = null;

  beforeEach(async () => {
    lab = await startLab();
  });

  afterEach(async () => {
    await opened?.close();
    await lab.close();
  });

  function open(password: string, gate = new SignInGate()): DiscoveredMailer {
    const { username, address } = lab.smtp;
    opened = discoveredMailer(
      { transport: 'ews', username, password, address, ratePerMinute: 600, tls: { ca: lab.ca } },
      gate,
      { internalResolvers: [lab.dns.internal], allowLoopback: true },
    );
    return opened;
  }

  /** Requests with credentials. */
  const signIns = (): number => lab.servers.autodiscover.requests.filter(({ signIn }) => signIn !== null).length;

  async function sendTwenty(mailer: DiscoveredMailer): Promise<Record<string, number>> {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => mailer.send({ ...MAIL, to: 'anna@contoso.example' })),
    );
    const codes: Record<string, number> = {};
    for (const result of results) {
      const code =
        result.status === 'fulfilled' ? 'sent' : isConnectorError(result.reason) ? result.reason.code : 'other';
      codes[code] = (codes[code] ?? 0) + 1;
    }
    return codes;
  }

  it('signs in once for twenty mails when the password is wrong, and not again with the next ones', async () => {
    const mailer = open('wrong');
    const codes = await sendTwenty(mailer);
    const first = signIns();
    // Those that asked while the discovery was under way share its answer.
    assert.deepEqual(codes, { ERR_MAIL_AUTH: 20 });
    // NTLM's two messages are one sign-in.
    assert.equal(first, 2);
    assert.deepEqual(await sendTwenty(mailer), { ERR_MAIL_STOPPED: 20 });
    assert.equal(signIns(), first);
  });

  it('signs in again when a person has lifted the stop', async () => {
    const gate = new SignInGate();
    const mailer = open('wrong', gate);
    await sendTwenty(mailer);
    gate.lift();
    mailer.tryAgain();
    assert.deepEqual(await sendTwenty(mailer), { ERR_MAIL_AUTH: 20 });
    assert.equal(signIns(), 4);
  });

  it('is not made again with each mail when it signed in and found no EWS address', async () => {
    (lab.servers.autodiscover.handedOut as { ewsUrl: string | null }).ewsUrl = null;
    const mailer = open(lab.smtp.password);
    assert.deepEqual(await sendTwenty(mailer), { ERR_MAIL_CONNECT: 20 });
    const first = signIns();
    assert.ok(first > 0);
    assert.deepEqual(await sendTwenty(mailer), { ERR_MAIL_CONNECT: 20 });
    assert.equal(signIns(), first);
    mailer.tryAgain();
    assert.deepEqual(await sendTwenty(mailer), { ERR_MAIL_CONNECT: 20 });
    assert.equal(signIns(), 2 * first);
  });

  it('stops as after a wrong password where the server may want Kerberos: each try counts towards a lock-out', async () => {
    const discovery = new DiscoveryLab();
    await discovery.prepare();
    await discovery.start({ schemes: ['Negotiate'] });
    discovery.server.faults.kerberosOnly = true;
    opened = discoveredMailer(
      {
        transport: 'ews',
        username: ADDRESS,
        password: PASSWORD,
        address: ADDRESS,
        ratePerMinute: 600,
        tls: { ca: discovery.authority.ca },
      },
      new SignInGate(),
      {
        internalResolvers: [discovery.internal.address],
        httpsPort: discovery.server.port,
        httpPort: 1,
        allowLoopback: true,
      },
    );
    const error = await failure(opened.send(MAIL));
    assert.deepEqual([error.code, error.details['verdict']], ['ERR_MAIL_AUTH', 'auth.kerberos']);
    assert.match(error.message, /it may want Kerberos/);
    assert.deepEqual(await sendTwenty(opened), { ERR_MAIL_STOPPED: 20 });
    assert.equal(discovery.server.requests.filter(({ signIn }) => signIn !== null).length, 1);
    await discovery.stop();
  });

  it('asks by Basic where nothing else is offered, if the account signs in by Basic, and else shows no password', async () => {
    const authority = await createCertificateAuthority();
    const certificate = await authority.issue({ names: ['localhost', 'mail.contoso.example'] });
    const front = await startAutodiscoverServer(organization(), { certificate, schemes: ['Basic'] });
    Object.assign(front.handedOut, { ewsUrl: `https://localhost:${front.port}/EWS/Exchange.asmx` });
    const srv = [{ priority: 0, weight: 0, port: front.port, target: 'mail.contoso.example' }];
    const names = await startDnsServer({
      zone: { 'mail.contoso.example': { a: ['127.0.0.1'] }, '_autodiscover._tcp.contoso.example': { srv } },
    });
    const ask = async (auth: 'basic' | 'ntlm'): Promise<string> => {
      const who = { username: 'enroll@contoso.example', password: PASSWORD, address: 'enroll@contoso.example' };
      const discovery = { internalResolvers: [names.address], allowLoopback: true, allowedRedirects: ['localhost'] };
      const account = { transport: 'ews', auth, ...who, tls: { ca: authority.ca } } as const;
      const mailer = discoveredMailer(account, new SignInGate(), discovery);
      try {
        await mailer.send(MAIL);
        return 'sent';
      } catch (error) {
        return isConnectorError(error) ? error.code : 'other';
      } finally {
        await mailer.close();
      }
    };
    try {
      assert.equal(await ask('ntlm'), 'ERR_MAIL_CONNECT');
      assert.deepEqual(
        front.requests.filter(({ signIn }) => signIn !== null),
        [],
      );
      assert.equal(await ask('basic'), 'sent');
    } finally {
      await front.close();
      await names.close();
    }
  });
});
