import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { decodeClixmlText, encodeClixmlText } from '../../src/clixml/index.ts';
import { anyText } from './arbitraries.ts';

describe('CLIXML strings', () => {
  it('encodes control characters, surrogates and what looks like an escape', () => {
    assert.equal(encodeClixmlText('a\nb\u007f\u0085_xy_Xy_y'), 'a_x000A_b_x007F__x0085__x005F_xy_x005F_Xy_y');
    assert.equal(encodeClixmlText('🎵'), '_xD83C__xDFB5_');
    assert.equal(encodeClixmlText('\uFFFF'), '_xFFFF_');
  });

  it('decodes as .NET does: either case, four or eight digits, everything else stays', () => {
    assert.equal(decodeClixmlText('_xd83c__XDFB5_'), '🎵');
    assert.equal(decodeClixmlText('_x0001F3B5_'), '🎵');
    assert.equal(decodeClixmlText('_x005F_x0041_'), '_x0041_');
    assert.equal(decodeClixmlText('_x41_ _xZZZZ_ _xFFFFFFFF_ _x0041'), '_x41_ _xZZZZ_ _xFFFFFFFF_ _x0041');
  });

  it('gets back any text', () => {
    fc.assert(fc.property(anyText, (text) => assert.equal(decodeClixmlText(encodeClixmlText(text)), text)));
  });
});
