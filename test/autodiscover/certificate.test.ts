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
    protocol: 'TLSv1.3',
    cipher: 'x',
  };
  const judge = (changes: Partial<CertificateFacts>, now = '2026-06-01'): (string | undefined)[] => {
    const { name, chain, dates } = judgeCertificate(
      { ...facts, ...changes },
      'autodiscover.contoso.com',
      new Date(now),
    );
    return [name, chain, dates].filter(({ status }) => status !== 'ok').map(({ verdict }) => verdict);
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
    assert.deepEqual(judge(all, '2028-01-01'), ['tls.name', 'tls.private', 'tls.expired']);
  });
  it('without subject alternative names fails on phones only', () =>
    assert.deepEqual(judge({ names: [] }), ['tls.cn-only']));
  it('of tomorrow points to a wrong clock', () => assert.deepEqual(judge({}, '2025-12-31'), ['tls.not-yet']));
  it('of a private root that signs directly is not taken for a broken chain', () => {
    const changes = { trusted: false, trustError: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', publiclyTrusted: false };
    assert.deepEqual([judge({ ...changes, namesIssuerUrl: false }), judge(changes)], [['tls.private'], ['tls.chain']]);
  });
});
