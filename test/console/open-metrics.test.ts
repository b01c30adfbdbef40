import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { familiesOf } from '../../src/console/measure-families.ts';
import { openMetrics } from '../../src/console/open-metrics.ts';
import { measuresOfTests } from '../support/measures.ts';
import { readOpenMetrics } from '../support/open-metrics-parser.ts';

describe('the text of measures', () => {
  it('is read by a strict reader as what was measured, whatever things are called', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c_1'), text, { maxKeys: 3 });
    fc.assert(
      fc.property(labels, text, fc.integer({ min: 0 }), (own, help, value) => {
        const [family] = readOpenMetrics(
          openMetrics([{ name: 'm', help: help.toWellFormed(), type: 'gauge', samples: [{ labels: own, value }] }]),
        );
        assert.equal(family?.samples[0]?.value, value);
        assert.deepEqual(Object.keys(family.samples[0].labels).sort(), Object.keys(own).sort());
      }),
    );
  });

  it('keeps quotes, backslashes and line breaks in names, and cuts what is long', () => {
    const name = 'a "b" \\n c\nd';
    const [family] = readOpenMetrics(
      openMetrics([
        { name: 'm', help: 'h', type: 'gauge', samples: [{ labels: { name, long: 'x'.repeat(999) }, value: 1 }] },
      ]),
    );
    assert.equal(family?.samples[0]?.labels['name'], name);
    assert.equal(family?.samples[0]?.labels['long']?.length, 100);
  });

  it('counts a histogram up, to all at last', () => {
    const text = openMetrics([
      {
        name: 'took_seconds',
        help: 'h',
        unit: 'seconds',
        type: 'gaugehistogram',
        samples: [{ labels: {}, bounds: [0.5, 1], counts: [1, 0, 2], sum: 7.25 }],
      },
    ]);
    assert.equal(
      text,
      [
        '# TYPE took_seconds gaugehistogram',
        '# UNIT took_seconds seconds',
        '# HELP took_seconds h',
        'took_seconds_bucket{le="0.5"} 1',
        'took_seconds_bucket{le="1.0"} 1',
        'took_seconds_bucket{le="+Inf"} 3',
        'took_seconds_gcount 3',
        'took_seconds_gsum 7.25',
        '# EOF',
        '',
      ].join('\n'),
    );
  });
});

describe('the measures of stores', () => {
  const of = (text: string, name: string) =>
    readOpenMetrics(text).find((family) => family.name === `exchange_connector_${name}`)?.samples ?? [];

  it('tell things of one name apart, and give no phone a label', () => {
    const text = openMetrics(
      familiesOf(
        [
          { name: 'Store', measures: measuresOfTests(['one', 'two']) },
          { name: 'Store', measures: measuresOfTests(['one']) },
        ],
        () => 'Contoso',
      ),
    );
    assert.deepEqual(
      of(text, 'held_changes').map(({ labels, value }) => [labels['store'], labels['organization'], value]),
      [
        ['Store', 'Contoso', 4],
        ['Store', 'Contoso (2)', 4],
        ['Store (2)', 'Contoso', 4],
      ],
    );
    assert.equal(text.includes('of a phone'), false);
    assert.equal(of(text, 'device_reasons').find(({ labels }) => labels['reason'] === 'other')?.value, 1);
    assert.equal(of(text, 'changes').find(({ labels }) => labels['code'] === 'ERR_APPLY_FAILED')?.value, 3);
    assert.deepEqual(
      of(text, 'notifier_ready')
        .map(({ labels, value }) => [labels['notifier'], value])
        .slice(0, 2),
      [
        ['Mail', 0],
        ['Mail (2)', 1],
      ],
    );
  });

  it('are in seconds, and leave an age out that there is none of', () => {
    const text = openMetrics(familiesOf([{ name: 'Store', measures: measuresOfTests(['one']) }], (id) => id));
    assert.deepEqual(of(text, 'reading_age_seconds'), []);
    assert.equal(of(text, 'run_seconds').find(({ name }) => name.endsWith('_gsum'))?.value, 1.5);
    assert.equal(of(text, 'run_seconds').find(({ labels }) => labels['le'] === '1.0')?.value, 2);
  });
});
