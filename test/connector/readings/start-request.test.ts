/** What a start may ask for, and two starts as one. */
import assert from 'node:assert/strict';
import { combineStarts, readStartRequest } from '../../../src/connector/readings/start-request.ts';

describe('a start message', () => {
  const asks: [string, unknown, unknown][] = [
    ['nothing', undefined, { kind: undefined, dryRun: false }],
    ['nothing, by a sync that is no object', 'now', { kind: undefined, dryRun: false }],
    ['nothing, by an empty sync', {}, { kind: undefined, dryRun: false }],
    ['a full reading', { kind: 'full' }, { kind: 'full', dryRun: false }],
    ['a quick dry run', { kind: 'quick', dryRun: true }, { kind: 'quick', dryRun: true }],
    ['no dry run by a text', { dryRun: 'true' }, { kind: undefined, dryRun: false }],
  ];
  for (const [what, sync, request] of asks) {
    it(`asks for ${what}`, () => assert.deepEqual(readStartRequest(sync), request));
  }

  it('is refused when it asks for a kind that there is not', () => {
    for (const kind of ['half', 'Full', null, 1]) {
      assert.throws(() => readStartRequest({ kind }), { code: 'ERR_INPUT_INVALID' });
    }
  });
});

describe('two starts that wait', () => {
  const kinds: [unknown, unknown, unknown][] = [
    ['full', 'full', 'full'],
    ['full', 'quick', 'full'],
    ['full', undefined, 'full'],
    ['quick', 'full', 'full'],
    ['quick', 'quick', 'quick'],
    ['quick', undefined, undefined],
    [undefined, 'full', 'full'],
    [undefined, 'quick', undefined],
    [undefined, undefined, undefined],
  ];
  for (const [earlier, later, kind] of kinds) {
    it(`come to ${String(kind)}, if one asks for ${String(earlier)} and the other for ${String(later)}`, () => {
      assert.deepEqual(combineStarts({ kind: earlier }, { kind: later }), { kind, dryRun: false });
    });
  }

  it('are a dry run only if both are', () => {
    const dry = [true, false].flatMap((one) => [true, false].map((other) => [one, other] as const));
    assert.deepEqual(
      dry.map(([one, other]) => combineStarts({ dryRun: one }, { dryRun: other })?.['dryRun']),
      [true, false, false, false],
    );
  });

  it('keep what else the newer one says', () => {
    assert.deepEqual(combineStarts({ from: 'timer' }, { from: 'button' }), {
      from: 'button',
      kind: undefined,
      dryRun: false,
    });
  });

  it('stay two if one of them will be refused', () => {
    assert.equal(combineStarts({ kind: 'half' }, { kind: 'full' }), null);
    assert.equal(combineStarts({ kind: 'full' }, { kind: null }), null);
  });
});
