import assert from 'node:assert/strict';
import { request } from 'node:https';
import { Organization } from '../../src/lab/organization.ts';
import { startAutodiscoverServer, type LabAutodiscoverServer } from '../../src/lab/servers/autodiscover.ts';
import { createCertificateAuthority, type CertificateAuthority } from '../../src/lab/servers/certificates.ts';

const OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover/outlook';
const MOBILE = 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync';

/** As Outlook and phones write it [MS-OXDSCLI 4.1, MS-ASCMD 4.1]. */
function pox(address: string, schema: string, response = schema === OUTLOOK ? '2006a' : '2006'): string {
  return `<Autodiscover xmlns="${schema}/requestschema/2006"><Request><EMailAddress>${address}</EMailAddress><AcceptableResponseSchema>${schema}/responseschema/${response}</AcceptableResponseSchema></Request></Autodiscover>`;
}

function soap(address: string): string {
  return `<soap:Envelope xmlns:a="http://schemas.microsoft.com/exchange/2010/Autodiscover" xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><a:GetUserSettingsRequestMessage><a:Request><a:Users><a:User><a:Mailbox>${address}</a:Mailbox></a:User></a:Users><a:RequestedSettings><a:Setting>ExternalEwsUrl</a:Setting></a:RequestedSettings></a:Request></a:GetUserSettingsRequestMessage></soap:Body></soap:Envelope>`;
}

describe('lab Autodiscover server', () => {
  let authority: CertificateAuthority;
  let server: LabAutodiscoverServer;

  before(async () => {
    authority = await createCertificateAuthority();
  });
  beforeEach(async () => {
    const organization = new Organization();
    organization.addMailbox({ alias: 'anna', displayName: 'Anna & Co', password: 'pw' });
    organization.addMailbox({ alias: 'svc', displayName: 'Service', password: 'pw', hasMailbox: false });
    server = await startAutodiscoverServer(organization, {
      certificate: await authority.issue({ names: ['localhost'] }),
    });
  });
  afterEach(() => server.close());

  function ask(
    path: string,
    options: { method?: string; body?: string; user?: string; password?: string } = {},
  ): Promise<{ status: number; schemes: string[]; versions: string | null; body: string }> {
    const { body, user, password = 'pw', method = body === undefined ? 'GET' : 'POST' } = options;
    const headers =
      user === undefined ? {} : { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: server.port,
          path,
          method,
          ca: authority.ca,
          servername: 'localhost',
          headers,
          agent: false,
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              schemes: response.headersDistinct['www-authenticate'] ?? [],
              versions: response.headersDistinct['ms-asprotocolversions']?.[0] ?? null,
              body: text,
            }),
          );
        },
      );
      sent.once('error', reject).end(body);
    });
  }

  async function code(body?: string): Promise<string | undefined> {
    const answer = await ask('/autodiscover/autodiscover.xml', {
      user: 'anna',
      ...(body === undefined ? {} : { body }),
    });
    return /<ErrorCode>(\d+)/.exec(answer.body)?.[1];
  }

  it('asks strangers to sign in, each directory as on a default Exchange 2019', async () => {
    for (const [path, offered] of [
      ['/autodiscover/autodiscover.xml', ['Negotiate', 'NTLM', 'Basic realm="lab"']],
      ['/Autodiscover/Autodiscover.svc', ['Negotiate', 'NTLM', 'Basic realm="lab"']],
      ['/EWS/Exchange.asmx', ['Negotiate', 'NTLM']],
      ['/Microsoft-Server-ActiveSync', ['Basic realm="lab"']],
    ] as const) {
      const { status, schemes } = await ask(path, { body: '' });
      assert.deepEqual([status, schemes], [401, offered]);
    }
  });

  it('tells phones its protocol versions when they ask with OPTIONS, and nothing to another method', async () => {
    const seen = [];
    for (const method of ['OPTIONS', 'GET', 'POST']) {
      const { status, versions } = await ask('/Microsoft-Server-ActiveSync', { user: 'anna', method });
      seen.push([method, status, versions]);
    }
    assert.deepEqual(seen, [
      ['OPTIONS', 200, '2.5,12.0,12.1,14.0,14.1,16.0,16.1'],
      ['GET', 405, null],
      ['POST', 400, null],
    ]);
  });

  it('refuses a wrong password', async () => {
    assert.equal(
      (
        await ask('/autodiscover/autodiscover.xml', {
          user: 'anna',
          password: 'no',
          body: pox('anna@contoso.example', OUTLOOK),
        })
      ).status,
      401,
    );
  });

  it('gives Outlook the EWS address', async () => {
    const { body } = await ask('/autodiscover/autodiscover.xml', {
      user: 'anna',
      body: pox('anna@contoso.example', OUTLOOK),
    });
    assert.match(
      body,
      /<DisplayName>Anna &#38; Co<\/DisplayName>.*<Action>settings<\/Action><Protocol><Type>EXCH<\/Type>.*<EwsUrl>https:\/\/mail\.contoso\.example:\d+\/EWS\/Exchange\.asmx<\/EwsUrl>/,
    );
  });

  it('gives phones the ActiveSync address', async () => {
    const { body } = await ask('/autodiscover/autodiscover.xml', {
      user: 'anna',
      body: pox('anna@contoso.example', MOBILE),
    });
    assert.match(
      body,
      /<Server><Type>MobileSync<\/Type><Url>https:\/\/mail\.contoso\.example:\d+\/Microsoft-Server-ActiveSync<\/Url>/,
    );
  });

  it('knows no mailbox where there is none, in each protocol', async () => {
    const asSvc = { user: 'svc@contoso.example' };
    assert.match(
      (await ask('/autodiscover/autodiscover.xml', { ...asSvc, body: pox('svc@contoso.example', OUTLOOK) })).body,
      /<ErrorCode>500<\/ErrorCode>/,
    );
    assert.match(
      (await ask('/autodiscover/autodiscover.svc', { ...asSvc, body: soap('svc@contoso.example') })).body,
      /<ErrorCode>InvalidUser<\/ErrorCode>/,
    );
  });

  it('answers SOAP GetUserSettings', async () => {
    const { body } = await ask('/autodiscover/autodiscover.svc', { user: 'anna', body: soap('anna@contoso.example') });
    assert.match(body, /<ErrorCode>NoError<\/ErrorCode>.*<Name>ExternalEwsUrl<\/Name><Value>https:\/\/mail/);
  });

  it('refuses what it does not understand, with the codes of Exchange', async () => {
    assert.deepEqual(
      [
        await code(),
        await code('<nothing/>'),
        await code('not xml'),
        await code(pox('anna@contoso.example', OUTLOOK, '1999')),
      ],
      ['600', '600', '600', '601'],
    );
  });

  it('answers V2 without a sign-in', async () => {
    const { status, body } = await ask(
      '/autodiscover/autodiscover.json?Email=anna@contoso.example&Protocol=ActiveSync',
    );
    assert.deepEqual(
      [status, JSON.parse(body)],
      [200, { Protocol: 'ActiveSync', Url: server.handedOut.activeSyncUrl }],
    );
    assert.match((await ask('/autodiscover/autodiscover.json?Email=x')).body, /MandatoryParameterMissing/);
    assert.match((await ask('/autodiscover/autodiscover.json?Email=x&Protocol=Nonsense')).body, /ProtocolNotSupported/);
  });
});
