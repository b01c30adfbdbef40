/** A report in words, in both languages. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { REPORT_LANGUAGES, reportText, treeOf } from '../../src/autodiscover/describe-report.ts';
import type { AutodiscoverReport, AutodiscoverStep } from '../../src/autodiscover/report.ts';
import { remedyOf, VERDICTS, type Verdict } from '../../src/autodiscover/verdicts.ts';
import { REMEDIES_DE } from '../../src/autodiscover/words/remedies-de.ts';
import { WORDS_DE } from '../../src/autodiscover/words/words-de.ts';
import { WORDS_EN } from '../../src/autodiscover/words/words-en.ts';

const CODES = Object.keys(VERDICTS) as Verdict[];
const blanks = (text: string): string[] => [...new Set(text.match(/\{\w*\}/g))].sort();

const broken: AutodiscoverStep = {
  id: 'dns.internal.10.0.0.53',
  status: 'error',
  title: 'Ask the internal DNS server 10.0.0.53',
  seen: 'autodiscover.contoso.com does not exist.',
  verdict: 'dns.nodata',
  remedy: remedyOf('dns.nodata', { d: 'contoso.com' }),
  ms: 3,
};

const report = (changes: Partial<AutodiscoverReport> = {}): AutodiscoverReport => ({
  domain: 'contoso.com',
  address: null,
  overall: 'broken',
  healthy: false,
  failing: broken.id,
  verdict: 'dns.nodata',
  summary: 'No address.',
  found: { url: null, by: null, ewsUrl: null, activeSyncUrl: null, schemes: [] },
  startedAt: '2026-11-27T00:00:00.000Z',
  ms: 5,
  steps: [
    {
      id: 'dns',
      status: 'error',
      title: 'Look up autodiscover.contoso.com',
      seen: 'One server.',
      ms: 3,
      children: [broken],
    },
    { id: 'root', status: 'skipped', title: 'Ask the bare domain contoso.com', seen: 'Not needed.', ms: 0 },
  ],
  ...changes,
});

/** A report of one finding. */
const ofOne = (step: AutodiscoverStep): AutodiscoverReport => {
  const { failing: _failing, verdict: _verdict, ...rest } = report({ steps: [step] });
  return rest;
};

describe('the words of a report', () => {
  it('are there for every finding, in English and German', () => {
    for (const words of [WORDS_EN, WORDS_DE]) {
      assert.deepEqual(Object.keys(words.verdicts).sort(), [...CODES].sort());
      assert.deepEqual(
        CODES.filter((code) => !words.verdicts[code]),
        [],
      );
    }
    assert.deepEqual(Object.keys(REMEDIES_DE).sort(), [...CODES].sort());
  });

  it('are in English those of the node’s status', () => {
    const file = new URL('../../nodes/autodiscover-check/locales/en-US/autodiscover-check.json', import.meta.url);
    const catalogue = JSON.parse(readFileSync(file, 'utf8')) as {
      'autodiscover-check': { status: { verdict: Record<string, string> } };
    };
    const { verdict } = catalogue['autodiscover-check'].status;
    assert.deepEqual(
      WORDS_EN.verdicts,
      Object.fromEntries(CODES.map((code) => [code, verdict[code.replaceAll('.', '-')]])),
    );
  });

  it('say what to do in German wherever they do in English, about the same names', () => {
    for (const code of CODES) assert.deepEqual(blanks(REMEDIES_DE[code]), blanks(VERDICTS[code].remedy), code);
    const count = (text: string): number => text.split('{}').length;
    for (const [english, german] of Object.entries(WORDS_DE.titles))
      assert.equal(count(german), count(english), english);
  });

  it('have German for every title that the check gives a step', () => {
    const folder = new URL('../../src/autodiscover/', import.meta.url);
    const code = readdirSync(folder)
      .filter((name) => name.startsWith('check-'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n');
    const begins =
      /(['"`])((?:Ask|Look|Read|Is|Has|Sign|Compare|Connect|Check|Follow|Where|Who|Why) (?:(?!\1)[^\n])*)\1/g;
    const titles = [...code.matchAll(begins)].map(([, , title = '']) =>
      title.replace(/\$\{[^}]*\([^)]*\)\}|\$\{[^}]*\}/g, 'x1'),
    );
    // Sentences that end with a full stop are what was seen.
    const asked = titles.filter((title) => !title.endsWith('.'));
    assert.ok(asked.length > 40, `${asked.length} titles were found`);
    const kept = asked
      .map((title) => title.replace('Ask the x1 DNS', 'Ask the internal DNS'))
      .filter((title) => treeOf(ofOne({ ...broken, title }), 'de').children[0]?.title === title);
    assert.deepEqual(kept, []);
  });
});

describe('a report as text', () => {
  it('says verdict and headline first, then each step with a sign and a word', () => {
    assert.equal(
      reportText(report(), 'en'),
      `✗ Autodiscover of contoso.com: broken
    DNS name without address (dns.nodata)
    No address.
    What to do: The name autodiscover.contoso.com exists but has no address record. Add an A (or AAAA) record.
  ✗ Look up autodiscover.contoso.com: error
      One server.
    ✗ Ask the internal DNS server 10.0.0.53: error
        DNS name without address (dns.nodata)
        autodiscover.contoso.com does not exist.
        What to do: The name autodiscover.contoso.com exists but has no address record. Add an A (or AAAA) record.
  – Ask the bare domain contoso.com: skipped
      Not needed.
`,
    );
  });

  it('is in German where that was chosen; what servers said is quoted', () => {
    assert.equal(
      reportText(report({ steps: [broken] }), 'de'),
      `✗ Autodiscover von contoso.com: gestört
    DNS-Name ohne Adresse (dns.nodata)
    No address.
    Was zu tun ist: Den Namen autodiscover.contoso.com gibt es, aber ohne Adresse. Tragen Sie einen A-Eintrag (oder AAAA) nach.
  ✗ Den internen DNS-Server 10.0.0.53 fragen: Fehler
      DNS-Name ohne Adresse (dns.nodata)
      autodiscover.contoso.com does not exist.
      Was zu tun ist: Den Namen autodiscover.contoso.com gibt es, aber ohne Adresse. Tragen Sie einen A-Eintrag (oder AAAA) nach.
`,
    );
  });

  it('has a branch for each of several domains, before where the list is from', () => {
    // The same resolver is asked about both, so its steps have the same id; about the first another way was found.
    const excused: AutodiscoverStep = { ...broken, status: 'ok', remedy: remedyOf('dns.nodata', { d: 'contoso.com' }) };
    const failing: AutodiscoverStep = { ...broken, remedy: remedyOf('dns.nodata', { d: 'fabrikam.com' }) };
    const whole = report({
      domains: [
        report({ overall: 'warning', verdict: 'tls.private', steps: [excused] }),
        report({ domain: 'fabrikam.com', steps: [failing] }),
      ],
      steps: [{ id: 'domains.exchange', status: 'ok', title: 'Ask Exchange for its domains', seen: 'Two.', ms: 0 }],
    });
    const tree = treeOf(whole, 'en');
    assert.deepEqual(
      [tree, ...tree.children].map(({ title, word }) => `${title}: ${word}`),
      [
        'Autodiscover of 2 mail domains: broken',
        'Autodiscover of contoso.com: works, with a warning',
        'Autodiscover of fabrikam.com: broken',
        'Ask Exchange for its domains: in order',
      ],
    );
    assert.equal(treeOf(whole, 'de').title, 'Autodiscover von 2 Maildomänen');
    assert.equal(tree.remedy, failing.remedy, 'the headline says what to do about the domain that fails');
  });

  it('says nothing to do about a step that no longer matters, since another way was found', () => {
    const [step] = treeOf(ofOne({ ...broken, status: 'ok' }), 'en').children;
    assert.deepEqual([step?.word, step?.code, step?.remedy], ['in order', 'dns.nodata', undefined]);
  });

  it('keeps the name of a finding that it has no words for', () => {
    const strange = { ...broken, verdict: 'new.code' as Verdict, remedy: 'Do this.' };
    const [step] = treeOf(ofOne(strange), 'de').children;
    assert.deepEqual([step?.finding, step?.remedy], ['new.code', 'Do this.']);
  });

  it('cannot be given lines, or another direction of writing, by what a server says', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, fc.constantFrom(...REPORT_LANGUAGES), (title, seen, language) => {
        const hostile = `\r\n\u2028\u202e\u001b[2J${seen}`;
        const lines = reportText(ofOne({ ...broken, title, seen: hostile }), language)
          .trimEnd()
          .split('\n');
        assert.equal(lines.length, 6);
        assert.doesNotMatch(lines.join(''), /[\p{Cc}\u2028\u202e]/u);
      }),
    );
    const long = treeOf(ofOne({ ...broken, seen: 'x'.repeat(100_000) }), 'en').children[0]?.seen ?? '';
    assert.ok(long.length <= 2_001);
  });

  it('puts into a German remedy exactly what stood in the English one', () => {
    const value = fc.stringMatching(/^[a-z0-9.-]{1,20}$/);
    fc.assert(
      fc.property(fc.constantFrom(...CODES.filter((code) => REMEDIES_DE[code] !== '')), value, (code, one) => {
        const fields = Object.fromEntries(blanks(VERDICTS[code].remedy).map((blank) => [blank.slice(1, -1), one]));
        const step = { ...broken, verdict: code, remedy: remedyOf(code, fields) };
        const expected = REMEDIES_DE[code].replace(/\{\w+\}/g, one);
        assert.equal(treeOf(ofOne(step), 'de').children[0]?.remedy, expected);
      }),
    );
  });
});
