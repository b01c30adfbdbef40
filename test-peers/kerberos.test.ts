/**
 * Our sign-in by Kerberos against a real KDC (MIT) and a real web server (Apache with mod_auth_gssapi), Debian's packages,
 * through the package `kerberos`, which users install themselves and which is built from npm into a folder of its own.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FAKETIME } from './support/apache.ts';
import { startSilence } from './support/kdc.ts';
import { KerberosRealm, outcome, READER, WEB } from './support/kerberos-realm.ts';
import type { Web } from './support/kerberos-realm.ts';

const run = promisify(execFile);
const COME_IN = `200 ${READER}@CORP.EXAMPLE`;
/** How they are set up, and what three requests over one connection come to: the statuses, and what signed in. */
const SERVERS = [
  ['once a connection', ['GssapiConnectionBound On'], ['401 -', '200 Negotiate', '200 -', '200 -']],
  [
    'with each request',
    ['GssapiConnectionBound Off'],
    ['401 -', '200 Negotiate', '401 -', '200 Negotiate', '200 Negotiate'],
  ],
] as const;

describe('peer: Kerberos by MIT and Apache', function () {
  let realm: KerberosRealm;
  before(async function () {
    this.timeout(240_000);
    const started = await KerberosRealm.start();
    if (started === null) this.skip();
    realm = started;
  });
  beforeEach(() => realm.tidy());
  after(() => realm?.close());

  const byPassword = () => ({ username: READER, password: realm.password });

  for (const [kept, lines, requests] of SERVERS) {
    describe(`where it is asked for ${kept}`, () => {
      const thrice = async (web: Web, auth = {}): Promise<void> => {
        const session = realm.session(web, auth);
        assert.deepEqual(
          [await outcome(session), await outcome(session), await outcome(session)],
          [COME_IN, COME_IN, COME_IN],
        );
        assert.deepEqual(await web.log(requests.length), requests);
      };

      it('signs in with a ticket cache', async () => {
        await realm.kinit();
        await thrice(await realm.web(lines));
      });

      it('signs in with a keytab', async () => {
        process.env['KRB5_CLIENT_KTNAME'] = await realm.kdc.keytab(READER);
        await thrice(await realm.web(lines));
      });

      it('signs in with user and password, and leaves the ticket cache of the environment alone', async () => {
        const web = await realm.web(lines);
        await thrice(web, byPassword());
        assert.equal(await outcome(realm.session(web)), 'ERR_HTTP_KERBEROS_TICKET');
      });

      it('goes on with the next ticket when the ticket has run out', async () => {
        const web = await realm.web(lines);
        await realm.kinit('-l', '5s');
        const session = realm.session(web);
        assert.equal(await outcome(session), COME_IN);
        await wait(6_000);
        assert.equal(await outcome(realm.session(web)), 'ERR_HTTP_KERBEROS_TICKET');
        await realm.kinit();
        assert.deepEqual([await outcome(session), await outcome(realm.session(web))], [COME_IN, COME_IN]);
      });
    });
  }

  describe('a ticket that has run out', () => {
    before(() => realm.kdc.admin(`modprinc -maxlife "8 seconds" ${READER}`));
    after(() => realm?.kdc.admin(`modprinc -maxlife "10 hours" ${READER}`));

    for (const [what, prepare] of [
      ['a keytab', async () => void (process.env['KRB5_CLIENT_KTNAME'] = await realm.kdc.keytab(READER))],
      ['user and password', async () => undefined],
    ] as const) {
      it(`is got anew with ${what}, without anybody's doing`, async () => {
        await prepare();
        const web = await realm.web();
        const auth = what === 'a keytab' ? {} : byPassword();
        const first = await outcome(realm.session(web, auth));
        await wait(9_500);
        assert.deepEqual([first, await outcome(realm.session(web, auth))], [COME_IN, COME_IN]);
      });
    }

    it('is renewed by whoever keeps the cache', async () => {
      await realm.kdc.admin(
        `modprinc -maxrenewlife "1 hour" ${READER}`,
        'modprinc -maxrenewlife "1 hour" krbtgt/CORP.EXAMPLE',
      );
      const web = await realm.web();
      await realm.kinit('-r', '10m');
      const said: string[] = [];
      for (let renewals = 0; renewals < 3; renewals += 1) {
        said.push(await outcome(realm.session(web)));
        await wait(5_000);
        await run('kinit', ['-R']);
      }
      assert.deepEqual(said, [COME_IN, COME_IN, COME_IN]);
    });
  });

  it('gets the next ticket with user and password when the service has a new key', async () => {
    assert.equal(await outcome(realm.session(await realm.web(), byPassword())), COME_IN);
    await realm.kdc.admin(`cpw -randkey HTTP/${WEB}`);
    const web = await realm.web();
    assert.equal(await outcome(realm.session(web, byPassword())), COME_IN);
  });

  it('gets the next ticket with user and password when the domain has new keys', async () => {
    await realm.kdc.admin('addprinc -pw Fr3sh-Secret! fresh');
    const account = { username: 'fresh', password: 'Fr3sh-Secret!' };
    const web = await realm.web();
    const elsewhere = { ...account, spn: 'HTTP@elsewhere.corp.example' };
    assert.equal(await outcome(realm.session(web, elsewhere)), 'ERR_HTTP_KERBEROS_SPN');
    await realm.kdc.admin('cpw -randkey krbtgt/CORP.EXAMPLE');
    assert.equal(await outcome(realm.session(web, account)), '200 fresh@CORP.EXAMPLE');
  });

  describe('an account', () => {
    it('is the one that was entered, where the keytab has several', async () => {
      await realm.kdc.admin('addprinc -randkey first', 'addprinc -randkey second');
      const keytab = await realm.kdc.keytab('first');
      await realm.kdc.admin(`ktadd -norandkey -k ${keytab} second`);
      process.env['KRB5_CLIENT_KTNAME'] = keytab;
      const web = await realm.web();
      const said: string[] = [];
      for (const username of ['second', 'CORP\\first', 'second@corp.example', '']) {
        realm.noTicket();
        said.push(await outcome(realm.session(web, { username })));
      }
      assert.deepEqual(
        said,
        ['second', 'first', 'second', 'first'].map((name) => `200 ${name}@CORP.EXAMPLE`),
      );
    });

    it("is nobody else's, where several sign in at the same time", async () => {
      await realm.kdc.admin('addprinc -pw 0ther-Secret! other');
      await realm.kinit();
      const web = await realm.web();
      const other = { username: 'other@corp.example', password: '0ther-Secret!', realm: 'corp.example' };
      const wanted = [{}, other, byPassword(), { ...other, password: 'wrong' }, other, {}];
      const elsewhere = '200 other@CORP.EXAMPLE';
      assert.deepEqual(await Promise.all(wanted.map((auth) => outcome(realm.session(web, auth)))), [
        COME_IN,
        elsewhere,
        COME_IN,
        'ERR_HTTP_KERBEROS_ACCOUNT',
        elsewhere,
        COME_IN,
      ]);
    });
  });

  describe('says what is wrong', () => {
    const says = async (web: Web, auth: Parameters<KerberosRealm['session']>[1], code: string): Promise<void> =>
      assert.equal(await outcome(realm.session(web, auth)), `ERR_HTTP_KERBEROS_${code}`);

    it('when there is no ticket, no keytab, or none of this account', async () => {
      const web = await realm.web();
      await says(web, {}, 'TICKET');
      process.env['KRB5_CLIENT_KTNAME'] = join(realm.kdc.folder, 'nowhere.keytab');
      await says(web, {}, 'TICKET');
      process.env['KRB5_CLIENT_KTNAME'] = await realm.kdc.keytab(READER);
      await says(web, { username: 'somebody' }, 'TICKET');
    });

    it('when the ticket has run out and nobody gets the next one', async () => {
      await realm.kinit('-l', '1s');
      await wait(2_500);
      await says(await realm.web(), {}, 'TICKET');
    });

    it('when password or account is wrong', async () => {
      const web = await realm.web();
      await says(web, { ...byPassword(), password: 'wrong' }, 'ACCOUNT');
      await says(web, { ...byPassword(), username: 'nobody' }, 'ACCOUNT');
      await realm.kdc.admin('addprinc -pw Exp1red-Secret! -expire yesterday expired');
      await says(web, { username: 'expired', password: 'Exp1red-Secret!' }, 'ACCOUNT');
      await realm.kdc.admin('addprinc -pw 0ld-Secret! -pwexpire yesterday stale');
      await says(web, { username: 'stale', password: '0ld-Secret!' }, 'ACCOUNT');
    });

    it('when the keytab was made before the password was changed', async () => {
      process.env['KRB5_CLIENT_KTNAME'] = await realm.kdc.keytab(READER);
      realm.password = 'N3xt-Secret!';
      await realm.kdc.admin(`cpw -pw ${realm.password} ${READER}`);
      await says(await realm.web(), {}, 'ACCOUNT');
    });

    it('when the service is unknown', async () => {
      await realm.kinit();
      await says(await realm.web(), { spn: 'HTTP@elsewhere.corp.example' }, 'SPN');
    });

    it("when the service name is another account's, or the server has not the present key of it", async () => {
      await realm.kdc.admin('addprinc -randkey HTTP/other.corp.example');
      await realm.kinit();
      await says(await realm.web(), { spn: 'HTTP@other.corp.example' }, 'SPN');
      await says(await realm.web([], { keytab: await realm.kdc.keytab('HTTP/other.corp.example') }), {}, 'SPN');
      const web = await realm.web();
      await realm.kdc.admin(`cpw -randkey HTTP/${WEB}`);
      realm.noTicket();
      await realm.kinit();
      await says(web, {}, 'SPN');
    });

    it('when no KDC answers or none is known', async () => {
      await realm.kinit();
      const web = await realm.web();
      await says(web, { ...byPassword(), realm: 'ELSEWHERE.EXAMPLE' }, 'KDC');
      await realm.kdc.stop();
      try {
        await says(web, {}, 'KDC');
        await says(web, { username: 'other', password: 'An0ther-Secret!' }, 'KDC');
      } finally {
        await realm.kdc.start();
      }
      assert.equal(await outcome(realm.session(web)), COME_IN);
    });

    it('when a KDC takes requests and does not answer, after one wait for all', async () => {
      process.env['KRB5_CLIENT_KTNAME'] = await realm.kdc.keytab(READER);
      const web = await realm.web();
      await realm.kdc.stop();
      const silent = await startSilence(realm.kdc.host);
      try {
        const startedAt = Date.now();
        await Promise.all([0, 1, 2].map(() => says(web, {}, 'KDC')));
        const seconds = (Date.now() - startedAt) / 1000;
        assert.ok(seconds < 40, `${seconds} s`);
      } finally {
        await silent.close();
        await realm.kdc.start();
      }
      assert.equal(await outcome(realm.session(web)), COME_IN);
    });

    it('when krb5.conf allows nothing that the account has', async () => {
      await realm.setDefault('permitted_enctypes = camellia256-cts-cmac');
      await says(await realm.web(), byPassword(), 'SETUP');
    });

    it('when the command that gets a ticket by password is not there', async () => {
      const path = process.env['PATH'];
      const web = await realm.web();
      process.env['PATH'] = '/nowhere';
      try {
        await says(web, { username: 'another', password: 'An0ther-Secret!' }, 'TICKET');
      } finally {
        process.env['PATH'] = path;
      }
    });

    it('when the clock of the server is wrong', async function () {
      if (FAKETIME === null) this.skip();
      await realm.kinit();
      await says(await realm.web([], { clock: '+20m' }), {}, 'CLOCK');
    });

    it('when the clock of this host is wrong, unless the library sets it right by itself', async function () {
      if (FAKETIME === null) this.skip();
      // The others' clocks are wrong, and agree.
      await realm.kdc.stop();
      await realm.kdc.start('+20m');
      try {
        process.env['KRB5_CLIENT_KTNAME'] = await realm.kdc.keytab(READER);
        const web = await realm.web([], { clock: '+20m' });
        assert.equal(await outcome(realm.session(web)), COME_IN);
        await realm.setDefault('kdc_timesync = 0');
        realm.noTicket();
        await says(web, {}, 'CLOCK');
        await says(web, { ...byPassword(), username: `${READER}@corp.example` }, 'CLOCK');
      } finally {
        await realm.kdc.stop();
        await realm.kdc.start();
      }
    });
  });
});
