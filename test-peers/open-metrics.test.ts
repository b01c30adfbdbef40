/** Our measures before the reader that came with the specification: of Debian's package python3-prometheus-client. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { familiesOf } from '../src/console/measure-families.ts';
import { openMetrics } from '../src/console/open-metrics.ts';
import { measuresOfTests } from '../test/support/measures.ts';
import { readOpenMetrics } from '../test/support/open-metrics-parser.ts';

const PYTHON = '/usr/bin/python3';

/** Prints every sample as it was read. */
const READ = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
text = sys.stdin.buffer.read().decode('utf-8')
print(json.dumps([[f.name, f.type, f.unit, [[s.name, s.labels, s.value] for s in f.samples]] for f in read(text)]))
`;

describe('peer: a reader of OpenMetrics', () => {
  before(function () {
    if (spawnSync(PYTHON, ['-c', 'import prometheus_client.openmetrics.parser']).status === 0) return;
    process.stdout.write('  skipped: it needs the package "python3-prometheus-client"\n');
    this.skip();
  });

  it('reads every measure as our own strict reader does, whatever stores and organizations are called', () => {
    const names = ['Contoso', 'a "quoted" name', 'back\\slash \\n', 'two\nlines', 'Zoë 🏢', '} 1\n# EOF'];
    const text = openMetrics(
      familiesOf(
        names.map((name) => ({ name, measures: measuresOfTests(['one', 'two']) })),
        (id) => (id === 'one' ? '{le="1"}' : names.join(' ')),
      ),
    );
    const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', READ], { input: text, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const read = JSON.parse(stdout) as [string, string, string, [string, Record<string, string>, number][]][];
    assert.deepEqual(
      read.map(([name, type, unit, samples]) => ({
        name,
        type,
        unit: unit || null,
        samples: samples.map(([of, labels, value]) => ({ name: of, labels, value })),
      })),
      readOpenMetrics(text).map(({ name, type, unit, samples }) => ({ name, type, unit, samples })),
    );
  });
});
