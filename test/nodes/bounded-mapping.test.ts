/** What bounds a mapping: time of the processor, and how deep its calls go. */
import assert from 'node:assert/strict';
import { boundMapping } from '../../nodes/mdm-source/bounded-mapping.ts';

/** What is called before each record, and what JSONata calls around each part of an expression. */
function bounded(): { readonly begin: () => void; readonly part: () => void } {
  const called = new Map<string | symbol, () => void>();
  const assign = (name: string | symbol, value: () => void): unknown => called.set(name, value);
  const begin = boundMapping({ ast: () => ({}), assign }, false);
  const around = ['__evaluate_entry', '__evaluate_exit'].map((name) => called.get(name) ?? assert.fail(name));
  return { begin, part: () => around.forEach((call) => call()) };
}

describe('the bounds of a mapping', () => {
  it('let a mapping go on whose machine had no time for it', () => {
    const { begin, part } = bounded();
    begin();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200);
    part();
  });

  it('end a mapping that computes for over a second, and let the next record have as long', () => {
    const { begin, part } = bounded();
    begin();
    assert.throws(() => {
      for (const end = performance.now() + 60_000; performance.now() < end;) part();
    }, /it takes more than 1 s for one record/);
    begin();
    part();
  });
});
