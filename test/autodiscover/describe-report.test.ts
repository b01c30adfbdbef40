/** A report in words, in both languages. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { reportText, treeOf } from '../../src/autodiscover/describe-report.ts';
import {
  judged,
  seen,
  stepFrom,
  type AutodiscoverReport,
  type AutodiscoverStep,
  type Finding,
} from '../../src/autodiscover/report.ts';
import { VERDICTS, type Verdict } from '../../src/autodiscover/verdicts.ts';
import { REMEDIES_DE } from '../../src/autodiscover/words/remedies-de.ts';
import { quoted, REPORT_LANGUAGES, said, type Said } from '../../src/autodiscover/words/say.ts';
import { SAYINGS_DE } from '../../src/autodiscover/words/sayings-de.ts';
import { SAYINGS_EN, type SayingCode } from '../../src/autodiscover/words/sayings-en.ts';
import { WORDS_DE } from '../../src/autodiscover/words/words-de.ts';
import { WORDS_EN } from '../../src/autodiscover/words/words-en.ts';
import { englishIn } from './german.ts';

const CODES = Object.keys(VERDICTS) as Verdict[];
const SAYINGS = Object.keys(SAYINGS_EN) as SayingCode[];
const blanks = (text: string): string[] => [...new Set(text.match(/\{\w*\}/g))].sort();

const WHERE = new URL('../../src/autodiscover/', import.meta.url);
const NAME = 'autodiscover.contoso.com';
const missing = judged('dns.nodata', said('dns.missing', { name: NAME }), { d: 'contoso.com' });
const stepOf = (finding: Finding, title: Said = said('ask.dns.internal', { server: '10.0.0.53' })): AutodiscoverStep =>
  stepFrom('dns.internal.10.0.0.53', title, finding, 3);
const broken = stepOf(missing);

const report = (changes: Partial<AutodiscoverReport> = {}): AutodiscoverReport => ({
  domain: 'contoso.com',
  address: null,
  overall: 'broken',
  healthy: false,
  failing: broken.id,
  verdict: 'dns.nodata',
  summary: 'Autodiscover: nothing was found.',
  words: { summary: said('found.not') },
  found: { url: null, by: null, ewsUrl: null, activeSyncUrl: null, schemes: [] },
  startedAt: '2026-11-27T00:00:00.000Z',
  ms: 5,
  steps: [
    {
      ...stepFrom('dns', said('ask.dns', { name: NAME }), seen('error', said('dns.one-view')), 3),
      children: [broken],
    },
    stepFrom('root', said('ask.root', { domain: 'contoso.com' }), seen('skipped', said('tls.first')), 0),
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
  });

  it('say in German all that a step may ask and see in English, with the same values', () => {
    assert.deepEqual(Object.keys(SAYINGS_DE), Object.keys(SAYINGS_EN));
    for (const code of SAYINGS) assert.deepEqual(blanks(SAYINGS_DE[code]), blanks(SAYINGS_EN[code]), code);
    const same = SAYINGS.filter((code) => SAYINGS_DE[code] === SAYINGS_EN[code]);
    assert.deepEqual(
      same.filter((code) => englishIn(SAYINGS_DE[code]).length > 0),
      [],
      'what is the same in both languages is names and numbers alone',
    );
  });

  it('are in German nowhere English', () => {
    const all = [...Object.values(SAYINGS_DE), ...Object.values(WORDS_DE.verdicts), ...Object.values(REMEDIES_DE)];
    const found = all.map((text) => [text, englishIn(text)] as const).filter(([, english]) => english.length > 0);
    assert.deepEqual(found, []);
  });

  it('say of a directory that was not read what its own error says', () => {
    const file = new URL('../../src/ldap/connection.ts', import.meta.url);
    const source = readFileSync(file, 'utf8') + readFileSync(new URL('scp-directory.ts', WHERE), 'utf8');
    const own = SAYINGS.filter((code) => code.startsWith('ldap.why.'));
    assert.ok(own.length > 15);
    assert.deepEqual(
      own.filter((code) => !source.includes(SAYINGS_EN[code])),
      [],
    );
  });

  it('are each said by some step', () => {
    const code = readdirSync(WHERE)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(new URL(name, WHERE), 'utf8'))
      .join('\n');
    // A code that is put together is found by its beginning: said(`tcp.${kind}`).
    const begins = [...code.matchAll(/`([a-z.-]+)\$\{/g)].map(([, begin = '']) => begin);
    const unsaid = SAYINGS.filter(
      (one) => !code.includes(`'${one}'`) && !begins.some((begin) => one.startsWith(begin)),
    );
    assert.deepEqual(unsaid, ['both']);
  });
});

describe('a report as text', () => {
  it('says verdict and headline first, then each step with a sign and a word', () => {
    assert.equal(
      reportText(report(), 'en'),
      `✗ Autodiscover of contoso.com: broken
    DNS name without address (dns.nodata)
    Autodiscover: nothing was found.
    What to do: The name autodiscover.contoso.com exists but has no address record. Add an A (or AAAA) record.
  ✗ Look up autodiscover.contoso.com: error
      Only one view has addresses.
    ✗ Ask the internal DNS server 10.0.0.53: error
        DNS name without address (dns.nodata)
        autodiscover.contoso.com does not exist.
        What to do: The name autodiscover.contoso.com exists but has no address record. Add an A (or AAAA) record.
  – Ask the bare domain contoso.com: skipped
      Not asked: TLS has to work first.
`,
    );
  });

  it('is in German where that was chosen', () => {
    assert.equal(
      reportText(report({ steps: [broken] }), 'de'),
      `✗ Autodiscover von contoso.com: gestört
    DNS-Name ohne Adresse (dns.nodata)
    Autodiscover: nichts wurde gefunden.
    Was zu tun ist: Den Namen autodiscover.contoso.com gibt es, aber ohne Adresse. Tragen Sie einen A-Eintrag (oder AAAA) nach.
  ✗ Den internen DNS-Server 10.0.0.53 fragen: Fehler
      DNS-Name ohne Adresse (dns.nodata)
      autodiscover.contoso.com gibt es nicht.
      Was zu tun ist: Den Namen autodiscover.contoso.com gibt es, aber ohne Adresse. Tragen Sie einen A-Eintrag (oder AAAA) nach.
`,
    );
  });

  it('has a branch for each of several domains, before where the list is from', () => {
    // The same resolver is asked about both, so its steps have the same id; about the first another way was found.
    const excused: AutodiscoverStep = { ...broken, status: 'ok' };
    const failing = stepOf({ ...missing, fields: { d: 'fabrikam.com' } });
    const whole = report({
      domains: [
        report({ overall: 'warning', verdict: 'tls.private', steps: [excused] }),
        report({ domain: 'fabrikam.com', steps: [failing] }),
      ],
      steps: [stepOf(seen('ok', said('domains.accepted', { n: 2 })), said('ask.domains'))],
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

  it('quotes what somebody else said, in the marks of the language', () => {
    const issuer = quoted('Contoso Root CA');
    const step = stepOf(judged('tls.private', said('tls.private', { issuer }), { issuer }));
    const [english, german] = REPORT_LANGUAGES.map((language) => treeOf(ofOne(step), language).children[0]);
    assert.deepEqual(
      [english?.seen, english?.remedy, english?.seen === step.seen, english?.remedy === step.remedy],
      [
        'Signed by "Contoso Root CA", which this node trusts and phones do not know.',
        'Signed by "Contoso Root CA", unknown to phones that are not enrolled. Use a public CA.',
        true,
        true,
      ],
    );
    assert.deepEqual(
      [german?.seen, german?.remedy],
      [
        'Signiert von „Contoso Root CA“; dieser Node vertraut ihm, Telefone kennen es nicht.',
        'Signiert von „Contoso Root CA“, das nicht registrierte Telefone nicht kennen. Nutzen Sie eine öffentliche Zertifizierungsstelle.',
      ],
    );
  });

  it('ends a quotation where somebody else’s words end, whatever marks they have', () => {
    const step = stepOf({ ...missing, seen: said('tls.signed', { issuer: quoted('A" or „B“') }) });
    assert.deepEqual(
      REPORT_LANGUAGES.map((language) => treeOf(ofOne(step), language).children[0]?.seen),
      [`Signed by "A' or „B“".`, `Signiert von „A" or 'B'“.`],
    );
  });

  it('cannot be given lines, or another direction of writing, by what a server says', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, fc.constantFrom(...REPORT_LANGUAGES), (title, words, language) => {
        const hostile = quoted(`\r\n\u2028\u202e\u001b[2J${words}`);
        const step = stepOf(
          { ...missing, seen: said('dns.missing', { name: hostile }) },
          said('ask.host', { host: title }),
        );
        const lines = reportText(ofOne(step), language).trimEnd().split('\n');
        assert.equal(lines.length, 6);
        assert.doesNotMatch(lines.join(''), /[\p{Cc}\u2028\u202e]/u);
      }),
    );
    const endless = stepOf({ ...missing, seen: said('dns.missing', { name: 'x'.repeat(100_000) }) });
    const long = treeOf(ofOne(endless), 'en').children[0]?.seen ?? '';
    assert.ok(long.length <= 2_001);
  });

  it('puts into a German remedy exactly what stood in the English one', () => {
    const value = fc.stringMatching(/^[a-z0-9.-]{1,20}$/);
    fc.assert(
      fc.property(
        fc.constantFrom(...CODES.filter((code) => REMEDIES_DE[code] !== '' && VERDICTS[code].status !== 'ok')),
        value,
        (code, one) => {
          const fields = Object.fromEntries(blanks(VERDICTS[code].remedy).map((blank) => [blank.slice(1, -1), one]));
          const step = stepOf(judged(code, missing.seen, fields));
          const expected = REMEDIES_DE[code].replace(/\{\w+\}/g, one);
          assert.equal(treeOf(ofOne(step), 'de').children[0]?.remedy, expected);
        },
      ),
    );
  });
});
