import assert from 'node:assert/strict';
import { judgeCertificate, type CertificateFacts } from '../../src/autodiscover/certificate.ts';

describe('a certificate', () => {
  const facts: CertificateFacts = {
    subject: 'mail',
    issuer: 'Public CA',
    names: ['autodiscover.contoso.com'],
    validFrom: new Date('2026-01-01'),
    validTo: new Date('2027-01-01'),
    nameMatches: true,
    trusted: true,
    trustError: null,
    publiclyTrusted: true,
    selfSigned: false,
    namesIssuerUrl: true,
    issuerKnown: false,
    weakKeys: [],
    weakSignatures: [],
    purposes: ['1.3.6.1.5.5.7.3.1'],
    protocol: 'TLSv1.3',
    cipher: 'x',
  };
  const judge = (changes: Partial<CertificateFacts>, now = '2026-06-01'): (string | undefined)[] => {
    const { name, chain, dates, fitness } = judgeCertificate(
      { ...facts, ...changes },
      'autodiscover.contoso.com',
      new Date(now),
    );
    return [name, chain, dates, fitness]
      .filter(({ status }) => status !== 'ok' && status !== 'skipped')
      .map(({ verdict }) => verdict);
  };

  it('of a public authority, for the name, in its time, is in order', () => assert.deepEqual(judge({}), []));
  it('is judged on name, chain and dates apart, since one error hides another', () => {
    const all = {
      nameMatches: false,
      trusted: false,
      trustError: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      selfSigned: true,
      publiclyTrusted: false,
    };
    assert.deepEqual(judge(all, '2028-01-01'), ['tls.name', 'tls.self-signed', 'tls.expired']);
  });
  it('without subject alternative names fails on phones only', () =>
    assert.deepEqual(judge({ names: [] }), ['tls.cn-only']));
  it('of tomorrow points to a wrong clock', () => assert.deepEqual(judge({}, '2025-12-31'), ['tls.not-yet']));

  const unknown = { trusted: false, publiclyTrusted: false, namesIssuerUrl: false };
  const unsent = { ...unknown, trustError: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' };
  const refused = { ...unknown, trustError: 'UNSPECIFIED' };
  const chains: readonly (readonly [string, Partial<CertificateFacts>, readonly string[]])[] = [
    ['of a private authority that this host trusts', { publiclyTrusted: false }, ['tls.private']],
    ['of a private root that signs directly, which is no broken chain', unsent, ['tls.untrusted']],
    ['of an intermediate that was not sent, with its address', { ...unsent, namesIssuerUrl: true }, ['tls.chain']],
    ['of an intermediate that was not sent, of a known organization', { ...unsent, issuerKnown: true }, ['tls.chain']],
    [
      'of an unknown root that was sent',
      { ...unknown, issuerKnown: true, trustError: 'SELF_SIGNED_CERT_IN_CHAIN' },
      ['tls.untrusted'],
    ],
    [
      'that signs itself, though this host trusts it',
      { publiclyTrusted: false, selfSigned: true },
      ['tls.self-signed'],
    ],
    ['with a weak key', { ...refused, weakKeys: [{ type: 'RSA', bits: 1024 }] }, ['tls.weak-key']],
    ['with a weak signature', { ...refused, weakSignatures: ['SHA-1'] }, ['tls.weak-signature']],
    [
      'for clients only',
      { ...unknown, trustError: 'INVALID_PURPOSE', purposes: ['1.3.6.1.5.5.7.3.2'] },
      ['tls.purpose'],
    ],
    ['for anything', { purposes: ['2.5.29.37.0'] }, []],
    ['that does not say what for', { purposes: [] }, []],
    ['that is refused for another reason', refused, ['tls.refused']],
  ];
  for (const [what, changes, verdicts] of chains)
    it(`${what} reads ${verdicts.join() || 'as in order'}`, () => assert.deepEqual(judge(changes), verdicts));
});
