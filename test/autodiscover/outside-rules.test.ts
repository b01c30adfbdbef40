import assert from 'node:assert/strict';
import type { CertificateFacts } from '../../src/autodiscover/certificate.ts';
import type { Sight } from '../../src/autodiscover/check-endpoint.ts';
import { judgeOutsideAnswer, judgeOutsideCertificate } from '../../src/autodiscover/outside-rules.ts';
import { judged, seen } from '../../src/autodiscover/report.ts';
import { said } from '../../src/autodiscover/words/say.ts';

const NAME = 'autodiscover.contoso.example';
const DAY = 86_400_000;
const now = new Date('2026-06-01T00:00:00Z');
const scene = { ip: '203.0.113.7', name: NAME, what: 'Autodiscover', now } as const;

const PUBLIC: CertificateFacts = {
  subject: NAME,
  issuer: 'Public CA',
  names: [NAME],
  validFrom: new Date(now.getTime() - DAY),
  validTo: new Date(now.getTime() + 200 * DAY),
  nameMatches: true,
  trusted: true,
  trustError: null,
  publiclyTrusted: true,
  selfSigned: false,
  namesIssuerUrl: true,
  issuerKnown: true,
  weakKeys: [],
  weakSignatures: [],
  purposes: [],
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
};
const PRIVATE: CertificateFacts = { ...PUBLIC, issuer: 'Contoso CA', publiclyTrusted: false };
const RENEWED: CertificateFacts = { ...PUBLIC, validTo: new Date(now.getTime() + 300 * DAY) };
const EXPIRED: CertificateFacts = { ...PUBLIC, validTo: new Date(now.getTime() - DAY) };
const OTHER_NAME: CertificateFacts = { ...PUBLIC, nameMatches: false, names: ['firewall.contoso.example'] };
const SELF: CertificateFacts = { ...PUBLIC, issuer: NAME, selfSigned: true, trusted: false, publiclyTrusted: false };

describe('the certificate outside, beside the one inside', () => {
  const table: readonly (readonly [string, CertificateFacts | null, CertificateFacts | null, string])[] = [
    ['no TLS', null, PUBLIC, 'outside.answer'],
    ['no TLS, and nothing inside', null, null, 'outside.answer'],
    ['the same', PUBLIC, PUBLIC, 'ok'],
    ['the same, expired: the inside says it', EXPIRED, EXPIRED, 'ok'],
    ['another, fit too', RENEWED, PUBLIC, 'outside.differs'],
    ['a public one before a private one', PUBLIC, PRIVATE, 'outside.differs'],
    ['a private one before a public one', PRIVATE, PUBLIC, 'outside.certificate'],
    ['expired', EXPIRED, PUBLIC, 'outside.certificate'],
    ['for another name', OTHER_NAME, PUBLIC, 'outside.certificate'],
    ['the firewall’s own', SELF, PUBLIC, 'outside.certificate'],
    ['fit, and nothing inside', PUBLIC, null, 'ok'],
    ['private, and nothing inside', PRIVATE, null, 'ok'],
    ['expired, and nothing inside', EXPIRED, null, 'outside.certificate'],
  ];
  for (const [what, outside, inside, expected] of table) {
    it(`is ${expected} for ${what}`, () => {
      const finding = judgeOutsideCertificate(outside, inside, scene);
      assert.equal(finding.verdict ?? finding.status, expected);
      assert.ok(['ok', 'warning'].includes(finding.status));
    });
  }
});

describe('the answer outside, beside the one inside', () => {
  const sight = (answer: Sight['answer'], schemes: readonly string[] = []): Sight => ({
    certificate: PUBLIC,
    answer,
    schemes,
  });
  const alive = (...schemes: string[]): Sight =>
    sight({ kind: 'finding', finding: seen('ok', said('http.440')), alive: true }, schemes);
  const dead = sight({ kind: 'finding', finding: judged('http.404', said('http.late')), alive: false });
  const slow = sight({ kind: 'finding', finding: judged('http.timeout', said('http.late')), alive: false });
  const to = (location: string): Sight => sight({ kind: 'redirect', location });
  const table: readonly (readonly [string, Sight, Sight | null, string])[] = [
    ['nothing that was asked', sight(null), alive('NTLM'), 'skipped'],
    ['the same sign-ins', alive('NTLM'), alive('NTLM'), 'ok'],
    ['other sign-ins', alive('Basic'), alive('NTLM'), 'outside.differs'],
    ['Autodiscover where the inside has none', alive('NTLM'), dead, 'outside.differs'],
    ['Autodiscover where nothing is seen inside', alive('NTLM'), null, 'outside.differs'],
    ['Autodiscover where the inside redirects', alive('NTLM'), to('/x'), 'outside.differs'],
    ['a 404', dead, alive('NTLM'), 'outside.answer'],
    ['silence', slow, alive('NTLM'), 'outside.unreachable'],
    ['a redirect to a name of ours', to('https://mail.contoso.example/x'), alive('NTLM'), 'outside.differs'],
    ['a redirect to a stranger', to('https://mail.evil.example/x'), alive('NTLM'), 'outside.answer'],
    ['a redirect to plain http', to('http://mail.contoso.example/x'), alive('NTLM'), 'outside.answer'],
  ];
  for (const [what, outside, inside, expected] of table) {
    it(`is ${expected} for ${what}`, () => {
      const from = new URL(`https://${NAME}/autodiscover/autodiscover.xml`);
      const redirects = { from, domain: 'contoso.example', allowed: [], visited: [from.href] };
      const finding = judgeOutsideAnswer(outside, inside, scene, redirects);
      assert.equal(finding.verdict ?? finding.status, expected);
      assert.notEqual(finding.status, 'error');
    });
  }
});
