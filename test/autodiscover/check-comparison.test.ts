import assert from 'node:assert/strict';
import { judgeJson, judgeSoap } from '../../src/autodiscover/check-comparison.ts';
import { readSoapAnswer, soapRequest } from '../../src/autodiscover/soap.ts';
import { readXml } from '../../src/xml/read-xml.ts';
import { ADDRESS, DiscoveryLab, gist, stepOf } from './support.ts';

const EWS = 'https://mail.contoso.example/EWS/Exchange.asmx';
const EAS = 'https://mail.contoso.example/Microsoft-Server-ActiveSync';
const lab = new DiscoveryLab();

describe('SOAP and JSON beside the XML service', () => {
  const soap: readonly (readonly [string, Parameters<typeof judgeSoap>, string])[] = [
    ['something else', [{ kind: 'foreign' }, EWS], 'soap.missing'],
    ['busy', [{ kind: 'error', code: 'ServerBusy' }, EWS], 'soap.missing'],
    ['no such user', [{ kind: 'error', code: 'InvalidUser' }, EWS], 'soap.differs'],
    ['no such user, and no address by XML', [{ kind: 'error', code: 'InvalidUser' }, null], 'ok'],
    ['ours among its addresses', [{ kind: 'settings', ewsUrls: ['https://in/', EWS.toUpperCase()] }, EWS], 'ok'],
    ['others', [{ kind: 'settings', ewsUrls: ['https://in/'] }, EWS], 'soap.differs'],
    ['an address where XML gives none', [{ kind: 'settings', ewsUrls: [EWS] }, null], 'soap.differs'],
    ['none where XML gives one', [{ kind: 'settings', ewsUrls: [] }, EWS], 'soap.differs'],
    ['none, as XML', [{ kind: 'settings', ewsUrls: [] }, null], 'ok'],
  ];
  for (const [what, given, expected] of soap) {
    it(`is ${expected} when SOAP gives ${what}`, () => {
      const { verdict, status } = judgeSoap(...given);
      assert.equal(verdict ?? status, expected);
    });
  }

  const answer = (status: number, body: string) =>
    ({ kind: 'answer', status, body, headers: {}, schemes: [], unreadable: null, ms: 1 }) as const;
  const json: readonly (readonly [string, Parameters<typeof judgeJson>, string])[] = [
    ['the same', [answer(200, JSON.stringify({ Protocol: 'ActiveSync', Url: `${EAS}/` })), EAS], 'ok'],
    ['another address', [answer(200, JSON.stringify({ Url: EWS })), EAS], 'json.differs'],
    ['an address where XML gives none', [answer(200, JSON.stringify({ Url: EAS })), null], 'json.differs'],
    ['an error', [answer(400, '{"ErrorCode":"ProtocolNotSupported"}'), EAS], 'json.missing'],
    ['a page', [answer(200, '<html>'), EAS], 'json.missing'],
    ['no object', [answer(200, 'null'), EAS], 'json.missing'],
    ['no text', [answer(200, '{"Url":{}}'), EAS], 'json.missing'],
    ['404', [answer(404, ''), EAS], 'json.missing'],
    ['silence', [{ kind: 'timeout', code: 'ETIMEDOUT', ms: 1 }, EAS], 'json.missing'],
  ];
  for (const [what, given, expected] of json) {
    it(`is ${expected} when JSON gives ${what}`, () => {
      const { verdict, status } = judgeJson(...given);
      assert.equal(verdict ?? status, expected);
    });
  }

  it('asks for an address as text, whatever stands in it', () => {
    assert.match(soapRequest('a&<b>@c', 'https://x/?a&b'), /<a:Mailbox>a&amp;&lt;b&gt;@c<\/a:Mailbox>/);
    assert.equal(readXml(soapRequest('a&<b>@c', 'https://x/?a&b')).name, 'Envelope');
  });

  it('reads nothing out of an answer that is none', () => {
    for (const body of ['', '<html/>', '<Envelope/>', '<!DOCTYPE x><x/>', '<a>'.repeat(9_999)])
      assert.deepEqual(readSoapAnswer(body), { kind: 'foreign' });
  });
});

describe('Autodiscover check: comparison with SOAP and JSON', () => {
  before(() => lab.prepare());
  afterEach(() => lab.stop());

  it('asks both of the service that answered the account, and nobody else, when it was told its settings', async () => {
    await lab.start();
    const report = await lab.check();
    assert.deepEqual(
      ['compare.soap', 'compare.json'].map((id) => stepOf(report, id)?.seen),
      [
        `SOAP gives the same: ${lab.server.handedOut.ewsUrl}.`,
        `JSON gives the same: ${lab.server.handedOut.activeSyncUrl}.`,
      ],
    );
    const json = lab.server.requests.filter(({ path }) => path.includes('.json'));
    assert.deepEqual(
      json.map(({ method, signIn }) => [method, signIn]),
      [['GET', null]],
    );
  });

  it('asks neither where nobody was signed in', async () => {
    for (const spoil of [
      () => (lab.server.faults.refuseSignIn = true),
      () => (lab.server.faults.poxError = { code: 500, message: 'No mailbox.' }),
    ]) {
      await lab.start();
      spoil();
      assert.equal(stepOf(await lab.check(), 'compare'), undefined);
      assert.equal(
        lab.server.requests.some(({ path }) => /json|svc/.test(path)),
        false,
      );
      await lab.stop();
    }
    await lab.start();
    assert.equal(stepOf(await lab.checkAnonymously(), 'compare'), undefined);
  });

  it('warns of a difference, and a service that is not there is none', async () => {
    await lab.start();
    const table: readonly (readonly [Record<string, { status: number; body?: string }>, string[]])[] = [
      [{ '/autodiscover/autodiscover.svc': { status: 404 } }, []],
      [{ '/autodiscover/autodiscover.svc': { status: 401 } }, []],
      [{ '/autodiscover/autodiscover.svc': { status: 200, body: '<html>' } }, []],
      [{ '/autodiscover/autodiscover.json': { status: 403 } }, []],
      [
        { '/autodiscover/autodiscover.json': { status: 200, body: '{"Url":"https://old.contoso.example/"}' } },
        ['json.differs'],
      ],
    ];
    for (const [paths, verdicts] of table) {
      lab.server.faults.paths = paths;
      assert.deepEqual(gist(await lab.check()), {
        overall: 'warning',
        failing: undefined,
        verdicts: ['tls.private', ...verdicts],
      });
    }
  });

  it('makes nothing better: a broken domain stays broken', async () => {
    await lab.start({ ewsUrl: null, activeSyncUrl: null });
    const report = await lab.check();
    assert.deepEqual([report.overall, report.address], ['broken', ADDRESS]);
  });
});
