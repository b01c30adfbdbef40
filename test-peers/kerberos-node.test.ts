/** The Exchange server's dialog with Kerberos, in Node-RED: what its fields do, towards MIT's KDC and Apache before the lab. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLab } from '../src/lab/servers/lab.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { connectorFlow } from '../test/support/connector-flow.ts';
import { startFlow, stopFlow } from '../test/support/node-red.ts';
import { aManagedPhone, anna, still } from '../test/support/people.ts';
import { KerberosRealm, READER, WEB } from './support/kerberos-realm.ts';

describe('peer: an Exchange server with Kerberos in a flow', function () {
  let realm: KerberosRealm;
  let lab: Lab;
  let urls: string;
  let ca: string;

  before(async function () {
    this.timeout(240_000);
    const started = await KerberosRealm.start();
    if (started === null) this.skip();
    realm = started;
  });
  beforeEach(async () => {
    await realm.tidy();
    lab = await startLab({ organization: aManagedPhone(anna(still())) });
    const { url, username, password } = lab.exchange;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const web = await realm.web([], { before: { path: '/PowerShell/', url, authorization } });
    // Another name than the service's: without "Service name" there would be no ticket.
    urls = `https://127.0.0.1:${web.port}/PowerShell/`;
    ca = join(realm.kdc.folder, 'ca.pem');
    await writeFile(ca, web.ca);
  });
  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });
  after(() => realm?.close());

  /** Reads once. @returns how many records came out, and the status at the end */
  const read = async (
    fields: Readonly<Record<string, string>>,
    credentials: Readonly<Record<string, string>> = {},
  ): Promise<[records: number, status: string | undefined, codes: unknown[]]> => {
    const exchange = { urls, auth: 'kerberos', spn: `HTTP@${WEB}`, ...fields };
    const made = connectorFlow(lab, { tls: { ca }, exchange });
    const flow = await startFlow(made.nodes, { ...made.credentials, exchange: credentials });
    flow.receive('eas');
    await flow.until(() => flow.ended('eas').done === 1, 'the EAS source is done');
    const pages = flow.messages('easOut').map(({ payload }) => (payload as readonly unknown[]).length);
    return [
      pages.reduce((sum, records) => sum + records, 0),
      flow.words().at(-1),
      flow.errors().map(({ code }) => code),
    ];
  };

  it('reads by user, password and realm', async () => {
    const [records, , codes] = await read({ realm: 'corp.example' }, { username: READER, password: realm.password });
    assert.deepEqual([records, codes], [1, []]);
  });

  it('reads by the keytab that Node-RED was started with, for the user that was entered and without one', async () => {
    process.env['KRB5_CLIENT_KTNAME'] = await realm.kdc.keytab(READER);
    for (const username of [`CORP\\${READER}`, '']) {
      realm.noTicket();
      const [records, , codes] = await read({}, { username });
      assert.deepEqual([records, codes], [1, []]);
      await stopFlow();
    }
  });

  it('says in its status what is wrong', async () => {
    assert.deepEqual(await read({}), [0, 'Kerberos: no ticket', ['ERR_HTTP_KERBEROS_TICKET']]);
    await stopFlow();
    const wrong = await read({ realm: 'corp.example' }, { username: READER, password: 'wrong' });
    assert.deepEqual(wrong, [0, 'Kerberos: account refused', ['ERR_HTTP_KERBEROS_ACCOUNT']]);
    await stopFlow();
    const unknown = await read({ spn: '' }, { username: READER, password: realm.password });
    assert.deepEqual(unknown, [0, 'Kerberos: service unknown', ['ERR_HTTP_KERBEROS_SPN']]);
    await stopFlow();
    assert.deepEqual((await read({}, { password: 'x' }))[2], ['ERR_CONFIG_INVALID']);
  });
});
