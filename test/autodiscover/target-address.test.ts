import assert from 'node:assert/strict';
import { isBlockedAddress, isPrivateAddress } from '../../src/autodiscover/target-address.ts';

describe('Autodiscover targets', () => {
  it('are never loopback, link-local, metadata or multicast addresses', () => {
    for (const address of [
      '127.0.0.1',
      '127.8.8.8',
      '0.0.0.0',
      '169.254.169.254',
      '224.0.0.1',
      '255.255.255.255',
      '::1',
      '::',
      'fe80::1',
      '::ffff:127.0.0.1',
      'fd00:ec2::254',
      'mail',
    ]) {
      assert.equal(isBlockedAddress(address), true, address);
    }
  });

  it('may be private and public addresses', () => {
    for (const address of ['10.1.2.3', '192.168.0.9', '198.51.100.7', '2001:db8::1', 'fd12::1'])
      assert.equal(isBlockedAddress(address), false, address);
    assert.deepEqual([isPrivateAddress('10.1.2.3'), isPrivateAddress('198.51.100.7')], [true, false]);
  });
});
