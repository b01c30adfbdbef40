/** Vectors: [MS-NLMP] 4.2.1 (common values) and 4.2.4 (NTLMv2), to the byte; RFC 1320 A.5; RFC 6229. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { tlsServerEndPoint } from '../../../src/http/auth/end-point.ts';
import { md4, rc4 } from '../../../src/http/auth/md4-rc4.ts';
import {
  AvId,
  decodeAuthenticate,
  decodeChallenge,
  encodeChallenge,
  NtlmFlag,
  readAvPairs,
  writeAvPairs,
} from '../../../src/http/auth/ntlm-messages.ts';
import { channelBindingHash, hmacMd5, ntlmv2Response, ntowfv2, fileTime } from '../../../src/http/auth/ntlmv2.ts';

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ''), 'hex');
const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const tlv = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};

// 4.2.1
const clientChallenge = Buffer.alloc(8, 0xaa);
const sessionKey = Buffer.alloc(16, 0x55);
const serverChallenge = hex('0123456789abcdef');
const time = Buffer.alloc(8);
// 4.2.4: NetBIOS domain `Domain`, server `Server`
const targetInfo = hex('02000c0044006f006d00610069006e00 01000c005300650072007600650072 0000000000');

// 4.2.4.3
const challengeMessage = hex(`
  4e544c4d53535000 02000000 0c000c00 38000000 33828ae2 0123456789abcdef 0000000000000000 24002400 44000000
  060070170000000f 530065007200760065007200
  02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000`);
const authenticateMessage = hex(`
  4e544c4d53535000 03000000 18001800 6c000000 54005400 84000000 0c000c00 48000000 08000800 54000000 10001000 5c000000
  10001000 d8000000 358288e2 0501280a0000000f
  44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200
  86c35097ac9cec102554764a57cccc19 aaaaaaaaaaaaaaaa
  68cd0ab851e51c96aabc927bebef6a1c 0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa 00000000
  02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000 00000000
  c5dad2544fc9799094ce1ce90bc9d03e`);

describe('NTLMv2', () => {
  const key = ntowfv2('Password', 'User', 'Domain');
  const response = ntlmv2Response({ key, serverChallenge, clientChallenge, time, targetInfo });

  it('derives the key, responses and session keys of MS-NLMP 4.2.4', () => {
    assert.equal(key.toString('hex'), '0c868a403bfd7a93a3001ef22ef02e3f');
    assert.equal(response.sessionBaseKey.toString('hex'), '8de40ccadbc14a82f15cb0ad0de95ca3');
    assert.equal(response.lmResponse.toString('hex'), '86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa');
    assert.equal(response.ntResponse.subarray(0, 16).toString('hex'), '68cd0ab851e51c96aabc927bebef6a1c');
    assert.equal(rc4(response.sessionBaseKey, sessionKey).toString('hex'), 'c5dad2544fc9799094ce1ce90bc9d03e');
  });

  it('reads the challenge of MS-NLMP 4.2.4.3', () => {
    assert.deepEqual(decodeChallenge(challengeMessage), {
      flags: 0xe28a8233,
      targetName: 'Server',
      serverChallenge,
      targetInfo,
    });
  });

  it('reads the authenticate message of MS-NLMP 4.2.4.3, which has no MIC', () => {
    assert.deepEqual(decodeAuthenticate(authenticateMessage), {
      flags: 0xe2888235,
      domain: 'Domain',
      user: 'User',
      workstation: 'COMPUTER',
      lmResponse: response.lmResponse,
      ntResponse: response.ntResponse,
      encryptedSessionKey: rc4(response.sessionBaseKey, sessionKey),
      mic: null,
    });
  });

  it('upper-cases the user but not the domain', () => {
    assert.deepEqual(ntowfv2('Password', 'uSER', 'Domain'), key);
    assert.notDeepEqual(ntowfv2('Password', 'User', 'DOMAIN'), key);
  });

  it('digests as RFC 1320 A.5', () => {
    const digests = {
      '': '31d6cfe0d16ae931b73c59d7e0c089c0',
      a: 'bde52cb31de33e46245e05fbdbd6fb24',
      abc: 'a448017aaf21d8525fc10ae87aa6729d',
      'message digest': 'd9130a8164549fe818874806e1c7014b',
      abcdefghijklmnopqrstuvwxyz: 'd79e1c308aa5bbcdeea8ed63df412da9',
      ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789: '043f8582f241db351ce627e153e7f0e4',
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890':
        'e33b4ddc9c38f2199c3e7b164fcc0536',
    };
    for (const [text, digest] of Object.entries(digests)) assert.equal(md4(Buffer.from(text)).toString('hex'), digest);
  });

  it('pads every length as MD4 wants it', () => {
    // One more block from 56 bytes on: RFC 1320 3.1.
    const lengths = [55, 56, 63, 64, 119, 120].map((length) => md4(Buffer.alloc(length)).length);
    assert.deepEqual(lengths, [16, 16, 16, 16, 16, 16]);
  });

  it('enciphers as RFC 6229', () => {
    assert.equal(rc4(hex('0102030405'), Buffer.alloc(16)).toString('hex'), 'b2396305f03dc027ccc3524a0a1118a8');
    assert.equal(
      rc4(hex('0102030405060708090a0b0c0d0e0f10'), Buffer.alloc(16)).toString('hex'),
      '9ac7cc9a609d1ef7b2932899cde41b97',
    );
  });

  it('writes what it reads: challenges, target info and times', () => {
    const written = encodeChallenge({
      flags: NtlmFlag.unicode | NtlmFlag.targetInfo,
      targetName: 'Server',
      serverChallenge,
      targetInfo,
    });
    assert.deepEqual(decodeChallenge(written), {
      flags: NtlmFlag.unicode | NtlmFlag.targetInfo,
      targetName: 'Server',
      serverChallenge,
      targetInfo,
    });
    assert.deepEqual(writeAvPairs(readAvPairs(targetInfo)), targetInfo);
    // 1601-01-01 and 1970-01-01: [MS-DTYP] 2.3.3
    assert.equal(fileTime(-11_644_473_600_000).readBigUInt64LE(), 0n);
    assert.equal(fileTime(0).readBigUInt64LE(), 116_444_736_000_000_000n);
  });

  it('signs with HMAC-MD5 as RFC 2202', () => {
    assert.equal(
      hmacMd5(Buffer.alloc(16, 0x0b), Buffer.from('Hi '), Buffer.from('There')).toString('hex'),
      '9294727a3638bb1c13f48ef8158bfc9d',
    );
  });

  it('proves a password over flags, channel binding and target name as Chromium does', () => {
    // Published in Chromium, net/ntlm/ntlm_test_data.h: kExpectedProofFromSpecV2 and its inputs. MS-NLMP has no example of these.
    const info = writeAvPairs(
      new Map([
        [AvId.netbiosDomain, utf16('Domain')],
        [AvId.netbiosComputer, utf16('Server')],
        [AvId.flags, hex('02000000')],
        [AvId.channelBindings, hex('6586e99d81c2fc984e47172fd4dd0310')],
        [AvId.targetName, utf16('HTTP/Server')],
      ]),
    );
    const told = ntlmv2Response({
      key,
      serverChallenge,
      clientChallenge,
      time: hex('800bc8fd00d4d201'),
      targetInfo: info,
    });
    assert.equal(told.ntResponse.subarray(0, 16).toString('hex'), '8c0260dbef690662af9c42d50782d2ed');
  });

  it('binds to a certificate hash as other NTLM clients do', () => {
    // Value from the tests of jborean93/ntlm-auth; MS-NLMP has no example.
    const endPoint = hex('e3ca49271e5089cc48ce82109f1324f41dbeddc29a777410c738f7868c4ff405');
    assert.equal(channelBindingHash(endPoint).toString('hex'), '6ea19df066da4622051f9c4f92c6df74');
  });
});

const certificate = (oid: string, parameters: Buffer = Buffer.alloc(0)): Buffer =>
  tlv(0x30, tlv(0x30, Buffer.from('tbs')), tlv(0x30, tlv(0x06, hex(oid)), parameters), tlv(0x03, Buffer.from([0])));

describe('the end point of a TLS connection', () => {
  it('is hashed as the certificate was signed, but never weaker than SHA-256', () => {
    const cases = [
      ['2a864886f70d010104', 'sha256', 'md5WithRSA'],
      ['2a864886f70d010105', 'sha256', 'sha1WithRSA'],
      ['2a864886f70d01010b', 'sha256', 'sha256WithRSA'],
      ['2a864886f70d01010c', 'sha384', 'sha384WithRSA'],
      ['2a864886f70d01010d', 'sha512', 'sha512WithRSA'],
      ['2a8648ce3d040301', 'sha224', 'ecdsa-with-SHA224'],
      ['2a8648ce3d040302', 'sha256', 'ecdsa-with-SHA256'],
      ['2a8648ce3d040303', 'sha384', 'ecdsa-with-SHA384'],
      ['2a8648ce3d040304', 'sha512', 'ecdsa-with-SHA512'],
      ['2b6570', 'sha256', 'Ed25519'],
    ] as const;
    for (const [oid, hash, name] of cases) {
      const der = certificate(oid);
      assert.equal(tlsServerEndPoint(der).toString('hex'), createHash(hash).update(der).digest('hex'), name);
    }
    const pss = certificate('2a864886f70d01010a', tlv(0x30, tlv(0xa0, tlv(0x30, hex('0609608648016503040202')))));
    assert.equal(tlsServerEndPoint(pss).toString('hex'), createHash('sha384').update(pss).digest('hex'));
  });

  it('is some hash of whatever bytes come', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (der) => tlsServerEndPoint(der).length >= 28));
  });
});
