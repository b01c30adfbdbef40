import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { Destination, MessageType, decodeMessage, encodeMessage, messageTypeName } from '../../src/psrp/index.ts';
import type { PsrpMessage } from '../../src/psrp/index.ts';
import { isConnectorError } from '../../src/errors.ts';

const POOL = 'B6710E46-0287-488A-B901-D34F9F19D4DE';

describe('messages', () => {
  it('are written with a little-endian header and .NET spelling of ids', () => {
    const message: PsrpMessage = {
      destination: Destination.SERVER,
      type: MessageType.SESSION_CAPABILITY,
      poolId: POOL,
      pipelineId: null,
      data: '<S>ä</S>',
    };
    const bytes = encodeMessage(message);
    assert.equal(
      Buffer.from(bytes).toString('hex'),
      `0200000002000100460e71b687028a48b901d34f9f19d4de${'00'.repeat(16)}3c533ec3a43c2f533e`,
    );
    assert.deepEqual(decodeMessage(bytes), message);
  });

  it('are read with the BOM servers put before the text', () => {
    const bytes = encodeMessage({
      destination: Destination.CLIENT,
      type: MessageType.PIPELINE_OUTPUT,
      poolId: POOL,
      pipelineId: '9cbb0e51-5cb0-494e-bec6-f9abf8400560',
      data: '\uFEFF<S>hi</S>',
    });
    assert.deepEqual(decodeMessage(bytes), {
      destination: Destination.CLIENT,
      type: MessageType.PIPELINE_OUTPUT,
      poolId: POOL,
      pipelineId: '9CBB0E51-5CB0-494E-BEC6-F9ABF8400560',
      data: '<S>hi</S>',
    });
  });

  it('are refused when too short, for nobody, or not UTF-8', () => {
    const sound = encodeMessage({ destination: 1, type: 1, poolId: POOL, pipelineId: null, data: 'é' });
    const forNobody = Uint8Array.from(sound);
    forNobody[0] = 9;
    for (const bytes of [sound.subarray(0, 39), forNobody, sound.subarray(0, 41)]) {
      assert.throws(() => decodeMessage(bytes), { code: 'ERR_PSRP_MESSAGE' });
    }
    assert.throws(() => encodeMessage({ destination: 1, type: 1, poolId: 'x', pipelineId: null, data: '' }), {
      code: 'ERR_PSRP_MESSAGE',
    });
  });

  it('throw nothing but coded errors for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        try {
          decodeMessage(bytes);
        } catch (error) {
          assert.ok(isConnectorError(error, 'ERR_PSRP_MESSAGE'));
        }
      }),
    );
  });

  it('have the names of the specification', () => {
    assert.equal(messageTypeName(0x00041004), 'PIPELINE_OUTPUT');
    assert.equal(messageTypeName(0x00099999), '0x00099999');
  });
});
