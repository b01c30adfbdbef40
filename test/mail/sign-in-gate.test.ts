/** One refused sign-in closes the gate: whatever is under way, and over whatever transport. */
import assert from 'node:assert/strict';
import { ConnectorError, isConnectorError } from '../../src/errors.ts';
import { startAutodiscoverServer } from '../../src/lab/servers/autodiscover.ts';
import type { Mailer } from '../../src/mail/mailer.ts';
import { openMailer } from '../../src/mail/open-mailer.ts';
import { accountFingerprint, acquireSignInGate, SignInGate, STOP_MS } from '../../src/mail/sign-in-gate.ts';
import { failure, MAIL, MailLab, PASSWORD } from './support.ts';

const lab = new MailLab();

/** Sorted: which of them comes first is nobody's business. */
async function codesOf(work: readonly Promise<unknown>[]): Promise<string[]> {
  const results = await Promise.allSettled(work);
  const codeOf = (result: PromiseSettledResult<unknown>): string =>
    result.status === 'fulfilled' ? 'ok' : isConnectorError(result.reason) ? result.reason.code : String(result.reason);
  return results.map(codeOf).sort();
}

const twenty = (work: () => Promise<unknown>): Promise<unknown>[] => Array.from({ length: 20 }, work);

describe('the sign-in of a mail account', () => {
  before(() => lab.start());
  afterEach(() => lab.stop());

  const smtp = (port: number, gate: SignInGate, password = PASSWORD): Mailer =>
    openMailer(
      {
        transport: 'smtp',
        address: 'enroll@contoso.example',
        host: '127.0.0.1',
        port,
        username: 'enroll@contoso.example',
        password,
        tls: { ca: lab.authority.ca },
        ratePerMinute: 600,
      },
      gate,
    );

  it('is tried once over SMTP when it is refused, though twenty mails and a check are under way on two mailers', async () => {
    const server = await lab.smtp();
    const gate = new SignInGate();
    const [one, other] = [smtp(server.port, gate, 'wrong'), smtp(server.port, gate, 'wrong')];
    const codes = await codesOf([
      ...twenty(() => one.send(MAIL)),
      ...twenty(() => other.send(MAIL)),
      one.verify(),
      other.verify(),
    ]);
    assert.deepEqual(codes, ['ERR_MAIL_AUTH', ...Array.from({ length: 41 }, () => 'ERR_MAIL_STOPPED')]);
    assert.deepEqual(server.stats.signIns, [{ username: 'enroll@contoso.example', ok: false }]);
    await one.close();
    await other.close();
  });

  it('is tried once over EWS when it is refused', async () => {
    const certificate = await lab.authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
    const server = await startAutodiscoverServer(lab.organization, { certificate });
    const gate = new SignInGate();
    const mailer = openMailer(
      {
        transport: 'ews',
        address: 'enroll@contoso.example',
        ewsUrl: server.ewsUrl,
        username: 'enroll@contoso.example',
        password: 'wrong',
        tls: { ca: lab.authority.ca },
        ratePerMinute: 600,
      },
      gate,
    );
    const codes = await codesOf([...twenty(() => mailer.send(MAIL)), mailer.verify()]);
    assert.deepEqual(codes, ['ERR_MAIL_AUTH', ...Array.from({ length: 20 }, () => 'ERR_MAIL_STOPPED')]);
    // NTLM's two messages are one sign-in.
    assert.equal(server.requests.filter(({ signIn }) => signIn !== null).length, 2);
    await mailer.close();
    await server.close();
  });

  it('goes on after a failure that is no refusal: put off, or a recipient that is not there', async () => {
    const server = await lab.smtp();
    const gate = new SignInGate();
    const mailer = smtp(server.port, gate);
    server.faults.auth = [454, '4.7.0 Temporary authentication failure'];
    assert.equal((await failure(mailer.send(MAIL))).code, 'ERR_MAIL_BUSY');
    delete server.faults.auth;
    assert.equal((await failure(mailer.send({ ...MAIL, to: 'nobody@contoso.example' }))).code, 'ERR_MAIL_RECIPIENT');
    await mailer.send(MAIL);
    assert.equal(gate.refusedAt, null);
    await mailer.close();
  });

  it('may be tried again after an hour, once, and at once when it was lifted', async () => {
    const gate = new SignInGate();
    const { signal } = new AbortController();
    let tries = 0;
    const attempt = (): Promise<unknown> =>
      gate.run(async () => {
        tries += 1;
        throw await failure(refusedBySmtp());
      }, signal);
    const refusedBySmtp = async (): Promise<void> => {
      const server = await lab.smtp();
      await lab.mailer(server, { password: 'wrong' }).verify();
    };
    gate.restore(Date.now() - STOP_MS + 60_000);
    assert.deepEqual(await codesOf([attempt()]), ['ERR_MAIL_STOPPED']);
    gate.lift();
    gate.restore(Date.now() - STOP_MS);
    assert.deepEqual(await codesOf([attempt(), attempt()]), ['ERR_MAIL_AUTH', 'ERR_MAIL_STOPPED']);
    gate.lift();
    assert.deepEqual(await codesOf([attempt()]), ['ERR_MAIL_AUTH']);
    assert.equal(tries, 2);
  });

  it('is tried once more after a refusal that is yet to come: the clock was ahead, and was put back', async () => {
    const gate = new SignInGate();
    const day = 86_400_000;
    const { signal } = new AbortController();
    const refused = (): Promise<unknown> =>
      gate.run(() => Promise.reject(new ConnectorError('ERR_MAIL_AUTH', 'The password is wrong.')), signal);
    assert.deepEqual(await codesOf([refused()]), ['ERR_MAIL_AUTH']);
    const now = Date.now();
    assert.deepEqual([gate.stoppedUntil(now) === null, gate.stoppedUntil(now - day)], [false, null]);
    gate.restore(now + 365 * day);
    assert.deepEqual(await codesOf([refused()]), ['ERR_MAIL_STOPPED'], 'the one just now counts');
  });

  it('is shared by who uses the same account, and by nobody with another password or server', () => {
    const one = acquireSignInGate(['notify', 'password', 'mail.contoso.example']);
    const same = acquireSignInGate(['notify', 'password', 'mail.contoso.example']);
    const other = acquireSignInGate(['notify', 'another', 'mail.contoso.example']);
    assert.deepEqual([one.gate === same.gate, one.gate === other.gate], [true, false]);
    one.gate.restore(Date.now());
    for (const { release } of [one, same, other]) release();
    const later = acquireSignInGate(['notify', 'password', 'mail.contoso.example']);
    assert.equal(later.gate.refusedAt, null, 'what must outlive the nodes is in the store');
    later.release();
  });

  it('is told apart by a keyed hash that says neither password nor user', () => {
    const [one, same, other, keyed] = [
      accountFingerprint(['notify', 'Sommer2024'], Buffer.alloc(32, 1)),
      accountFingerprint(['notify', 'Sommer2024'], Buffer.alloc(32, 1)),
      accountFingerprint(['notify', 'Sommer2025'], Buffer.alloc(32, 1)),
      accountFingerprint(['notify', 'Sommer2024'], Buffer.alloc(32, 2)),
    ];
    assert.deepEqual([one === same, one === other, one === keyed], [true, false, false]);
    assert.match(one, /^[\w-]{43}$/);
  });
});
