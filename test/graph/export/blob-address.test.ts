import assert from 'node:assert/strict';
import type { GraphCloud } from '../../../src/graph/clouds.ts';
import { blobAddress } from '../../../src/graph/export/blob-address.ts';

const SIGNED = '/5c1d/Devices_1.zip?sv=2019-07-07&sr=b&sig=abc&se=2026-11-22T18%3A00%3A00Z';

/** cloud, address → is it taken */
const ADDRESSES: readonly (readonly [GraphCloud, unknown, boolean])[] = [
  ['global', `https://amsub0101repexpstorage.blob.core.windows.net${SIGNED}`, true],
  ['usgov', `https://rep.blob.core.usgovcloudapi.net${SIGNED}`, true],
  ['dod', `https://rep.blob.core.usgovcloudapi.net${SIGNED}`, true],
  ['china', `https://rep.blob.core.chinacloudapi.cn${SIGNED}`, true],
  ['custom', `https://storage.contoso.example:8443${SIGNED}`, true],
  ['global', `https://rep.blob.core.chinacloudapi.cn${SIGNED}`, false],
  ['global', `http://rep.blob.core.windows.net${SIGNED}`, false],
  ['custom', `http://storage.contoso.example${SIGNED}`, false],
  ['global', `https://rep.blob.core.windows.net:8443${SIGNED}`, false],
  ['global', `https://rep.blob.core.windows.net.evil.example${SIGNED}`, false],
  ['global', `https://evilblob.core.windows.net${SIGNED}`, false],
  ['global', `https://rep.blob.core.windows.net:x@evil.example${SIGNED}`, false],
  ['global', `https://x:y@rep.blob.core.windows.net${SIGNED}`, false],
  ['global', `https://evil.example/?rep.blob.core.windows.net${SIGNED}`, false],
  ['global', `https://evil.example\\.blob.core.windows.net${SIGNED}`, false],
  ['global', `https://169.254.169.254${SIGNED}`, false],
  ['global', `https://localhost${SIGNED}`, false],
  ['global', `https://fileserver.contoso.local${SIGNED}`, false],
  ['global', 'file:///etc/passwd', false],
  ['global', 'data:application/zip;base64,UEsFBg==', false],
  ['global', '/reports/1.zip', false],
  ['global', null, false],
  ['global', { href: 'https://rep.blob.core.windows.net' }, false],
];

describe('the address of a report', () => {
  for (const [cloud, address, isTaken] of ADDRESSES) {
    it(`in ${cloud} is ${isTaken ? 'taken' : 'refused'}: ${JSON.stringify(address)}`, () => {
      if (isTaken) assert.equal(blobAddress(cloud, address).href, address);
      else
        assert.throws(
          () => blobAddress(cloud, address),
          (error: Error & { code?: string; details?: { step?: string } }) =>
            error.code === 'ERR_GRAPH_EXPORT' && error.details?.step === 'address' && !/sig=/.test(error.message),
        );
    });
  }
});
