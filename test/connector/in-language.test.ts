/** What the runtime has said of a device in English, read by somebody whose editor is German. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { checkRules } from '../../src/access/check-rules.ts';
import { ACCESS_SAYINGS_DE } from '../../src/access/sayings-de.ts';
import { ACCESS_SAYINGS_EN } from '../../src/access/sayings-en.ts';
import { inLanguage, lineInLanguage } from '../../src/connector/sentences/in-language.ts';
import { REPORT_SAYINGS_DE } from '../../src/connector/sentences/report-sayings-de.ts';
import { REPORT_SAYINGS_EN } from '../../src/connector/sentences/report-sayings-en.ts';
import { simulationInLanguage } from '../../src/connector/sentences/simulation-in-language.ts';
import { wordsOf } from '../../src/connector/sync/mail-report.ts';
import { ERROR_HELP } from '../../src/errors.ts';
import { MATCH_SAYINGS_DE } from '../../src/match/sayings-de.ts';
import { MATCH_SAYINGS_EN } from '../../src/match/sayings-en.ts';
import { ERROR_HELP_DE } from '../../src/model/error-help-de.ts';
import { RECORD_SAYINGS_DE, RECORD_SAYINGS_EN } from '../../src/model/record-sayings.ts';
import { TELLING_SAYINGS_DE, TELLING_SAYINGS_EN } from '../../src/model/telling-sayings.ts';

type Table = Readonly<Record<string, string>>;
const TABLES: readonly (readonly [name: string, english: Table, german: Table])[] = [
  ['matches', MATCH_SAYINGS_EN, MATCH_SAYINGS_DE],
  ['decisions, guards, the brake and rules', ACCESS_SAYINGS_EN, ACCESS_SAYINGS_DE],
  ['reports', REPORT_SAYINGS_EN, REPORT_SAYINGS_DE],
  ['records', RECORD_SAYINGS_EN, RECORD_SAYINGS_DE],
  ['what an MDM tells', TELLING_SAYINGS_EN, TELLING_SAYINGS_DE],
];

/** What stands in a place, and what becomes of it; any other place holds a name. */
const SAMPLES: Readonly<Record<string, readonly [english: string, german: string]>> = {
  day: ['3 May 2026', 'am 3. Mai 2026'],
  time: ['2026-06-02T08:00:00.000Z', '2026-06-02T08:00:00.000Z'],
  user: ['nobody', 'niemandem'],
  other: ['another', 'eine andere'],
  action: ['block', 'sperren'],
  text: [
    'No rule applies. No enrolled device of this user fits.',
    'Keine Regel trifft zu. Kein registriertes Gerät dieses Benutzers passt.',
  ],
  partnerships: [
    'iPhone (first synced 3 May 2026), iPad (first synced at an unknown time)',
    'iPhone (zuerst synchronisiert am 3. Mai 2026), iPad (zuerst synchronisiert zu unbekannter Zeit)',
  ],
  count: ['7', '7'],
  days: ['30', '30'],
  of: ['40', '40'],
  limit: ['3', '3'],
  few: ['2', '2'],
  field: ['compliance', 'compliance'],
  condition: ['compliance', 'compliance'],
  place: ['3 (line 5)', '3 (Zeile 5)'],
  fault: ['is "Fine"; known are compliant, noncompliant', 'ist „Fine“; bekannt sind compliant, noncompliant'],
  kind: ['of type number', 'vom Typ number'],
  things: ['patterns', 'Mustern'],
  shapes: ['{n}, {n,} or {n,m}', '{n}, {n,} oder {n,m}'],
  platform: ['ios', 'iOS'],
  hours: ['26', '26'],
  mailboxes: ['5 mailboxes', '5 Postfächer verlören'],
  verdict: ['failed', 'geht nicht'],
  step: ['sign-in', 'Anmeldung'],
  said: ['It signs in.', 'Das Konto meldet sich an.'],
};

function placesOf(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, place = '']) => place).sort();
}

function filledWith(template: string, which: 0 | 1, name: string): string {
  return template.replace(/\{(\w+)\}/g, (_, place: string) => SAMPLES[place.replace(/\d+$/, '')]?.[which] ?? name);
}

describe('what the runtime says, in German', () => {
  for (const [name, english, german] of TABLES)
    describe(`of ${name}`, () => {
      it('has words for every code, with the same values', () => {
        const places = (table: Table): [string, string[]][] =>
          Object.entries(table).map(([code, template]) => [code, placesOf(template)]);
        assert.deepEqual(places(german), places(english));
      });

      it('is not in English', () => {
        const words = /\b(the|and|of|is|are|not|with|from|this|that|which|it|has|have)\b/i;
        const suspect = Object.entries(german).filter(([, text]) => words.test(text.replace(/\{\w+\}|„[^“]*“/g, '')));
        assert.deepEqual(suspect, []);
      });

      for (const code of Object.keys(english))
        it(`says ${code}`, () => {
          const text = filledWith(english[code] ?? '', 0, 'iPhone of Anna');
          assert.equal(inLanguage(text, 'de'), filledWith(german[code] ?? '', 1, 'iPhone of Anna'));
          assert.equal(inLanguage(text, 'en'), text);
        });
    });

  it('says several sentences one after the other', () => {
    assert.equal(
      inLanguage(
        'Exempt until 2026-07-01T00:00:00.000Z by carla: “on loan”. Without that: block. In use at switch-on, so allowed until 2026-08-01T00:00:00.000Z. After that: No enrolled device of this user fits.',
        'de',
      ),
      'Ausgenommen bis 2026-07-01T00:00:00.000Z durch carla: „on loan“. Sonst: sperren. Beim Einschalten in Benutzung, also zugelassen bis 2026-08-01T00:00:00.000Z. Danach: Kein registriertes Gerät dieses Benutzers passt.',
    );
  });

  it('keeps every word of a name that looks like one of our sentences', () => {
    const name = "O'Brien's phone', enrolled 3 May 2026. No rule applies";
    assert.equal(
      inLanguage(`Candidate: '${name}', enrolled 1 June 2026.`, 'de'),
      "„Candidate: 'O'Brien's phone', enrolled 3 May 2026. No rule applies', enrolled 1 June 2026.“",
    );
    assert.equal(
      inLanguage("Candidate: 'O'Brien. No. 2', enrolled 1 June 2026. It is a candidate.", 'de'),
      "In Frage kommt: „O'Brien. No. 2“, registriert am 1. Juni 2026. Es kommt in Frage.",
    );
  });

  for (const [what, text, code, said] of [
    [
      'an older text by its code',
      'Nobody knows this phone.',
      'not-enrolled',
      'Kein registriertes Gerät dieses Benutzers passt.',
    ],
    ["somebody's own words in quotation marks", 'On loan “until” May', 'ticket', "„On loan 'until” May“"],
    ['a name that no record has', 'constructor', 'constructor', '„constructor“'],
    ['nothing as nothing', '', 'not-enrolled', ''],
  ] as const)
    it(`says ${what}`, () => {
      assert.equal(inLanguage(text, 'de', code), said);
    });

  for (const [patterns, said] of [
    ['Android Mail (', 'Das Muster Android Mail ( hat eine ( ohne ) (bei Zeichen 14).'],
    ['a{', 'Das Muster a{ hat eine {, die nicht {n}, {n,} oder {n,m} ist (bei Zeichen 2).'],
    ['a{3,1}', 'Das Muster a{3,1} hat ein {n,m} mit m unter n (bei Zeichen 6).'],
    ['[z-a]', 'Das Muster [z-a] hat einen Bereich z-a, der rückwärts läuft (bei Zeichen 4).'],
    ['\\y', 'Das Muster \\y hat \\y, das hier nicht bekannt ist (bei Zeichen 1).'],
  ] as const)
    it(`says what is wrong with the pattern ${patterns}`, () => {
      const condition = { field: 'userAgent', how: 'regex', patterns: [patterns] };
      const [problem] = checkRules([{ name: 'a rule', action: 'block', when: [condition] }]);
      const text = problem?.text.replace(` ${ERROR_HELP.ERR_RULE_INVALID}`, '') ?? '';
      assert.equal(inLanguage(text, 'de'), said);
    });

  it('takes nobody’s words that end with "is never …" for those of a condition', () => {
    for (const said of [
      'The mailbox of Ann is never read.',
      'This phone is never allowed.',
      'status of it is never blue.',
    ])
      assert.equal(inLanguage(said, 'de'), `„${said}“`);
    assert.equal(inLanguage('status is never blue.', 'de'), '„status“ ist nie „blue“.');
  });

  it('sets the thousands of the brake apart as German does, also where an older sentence has them together', () => {
    const german =
      '12.345 Postfächer verlören den Zugang; die Bremse lässt 1.000 von 20.000 zu. 1.204 Geräte würden als unbenutzt gesperrt; die Bremse lässt 10 von 1.000.000 zu.';
    const english =
      '12,345 mailboxes would lose access; the brake allows 1,000 of 20,000. 1,204 devices would be blocked as idle; the brake allows 10 of 1,000,000.';
    assert.deepEqual(
      [english, english.replaceAll(',', '')].map((text) => inLanguage(text, 'de')),
      [german, german],
    );
    const wrong = '12,34 mailboxes would lose access; the brake allows 3 of 40.';
    assert.equal(inLanguage(wrong, 'de'), `„${wrong}“`);
  });

  it('says the one mailbox and the many that the brake counts', () => {
    assert.equal(
      inLanguage(
        '1 mailbox would lose access; the brake allows 0 of 4. 5 devices would be blocked as idle; the brake allows 3 of 90.',
        'de',
      ),
      '1 Postfach verlöre den Zugang; die Bremse lässt 0 von 4 zu. 5 Geräte würden als unbenutzt gesperrt; die Bremse lässt 3 von 90 zu.',
    );
  });

  it('quotes what a notifier says of itself', () => {
    assert.equal(
      inLanguage('No notifier can mail anybody. Mails (failed, sign-in): The server refuses the password.', 'de'),
      'Keine Benachrichtigung kann jemandem schreiben. Mails (geht nicht, Anmeldung): „The server refuses the password.“',
    );
  });

  it('calls a notifier that nobody has named by what it is', () => {
    assert.equal(
      inLanguage('It is not proven that every mail goes out. The notifier (unknown, link): There is no answer.', 'de'),
      'Es ist nicht bewiesen, dass jede E-Mail hinausgeht. Die Benachrichtigung (nicht bewiesen, Linkadresse): „There is no answer.“',
    );
  });

  for (const [what, english, german] of [
    [
      'what is said with values',
      'notify@contoso.com is a SharedMailbox, and whether that is a mailbox is not known.',
      'notify@contoso.com ist vom Typ SharedMailbox, und ob das ein Postfach ist, ist nicht bekannt.',
    ],
    [
      'an error of ours, and what to check',
      `The sign-in of the mail account was refused; the next attempt is at 2026-06-02T08:00:00.000Z. ${ERROR_HELP.ERR_MAIL_STOPPED}`,
      `Die Anmeldung des Mailkontos wurde abgelehnt; der nächste Versuch ist um 2026-06-02T08:00:00.000Z. ${ERROR_HELP_DE.ERR_MAIL_STOPPED}`,
    ],
    [
      'an error that is there in English alone, quoted, and what to check',
      `mail.contoso.com refused the sign-in. ${ERROR_HELP.ERR_MAIL_AUTH}`,
      `„mail.contoso.com refused the sign-in.“ ${ERROR_HELP_DE.ERR_MAIL_AUTH}`,
    ],
    [
      'an error within a sentence',
      `From this host, https://a.example/x cannot be tested: a.example did not answer. ${ERROR_HELP.ERR_HTTP_TIMEOUT} Phones may still reach it; open it on one.`,
      `Von diesem Rechner aus lässt sich https://a.example/x nicht testen: „a.example did not answer.“ ${ERROR_HELP_DE.ERR_HTTP_TIMEOUT} Telefone erreichen es vielleicht trotzdem; öffnen Sie es auf einem.`,
    ],
  ] as const)
    it(`says in a checklist or report what a notifier has said of itself: ${what}`, () => {
      assert.equal(inLanguage(english, 'de'), german);
      assert.equal(
        inLanguage(`No notifier can mail anybody. Mails (failed): ${english}`, 'de'),
        `Keine Benachrichtigung kann jemandem schreiben. Mails (geht nicht): ${german}`,
      );
    });

  it('says of each of several notifiers what it has said of itself', () => {
    const said = (name: string, text: string) =>
      ({ node: `of ${name}`, name, verdict: 'failed', step: 'sign-in', text, at: '2026-06-02T08:00:00.000Z' }) as const;
    const notifiers = [said('Mails', 'The server refuses the password.'), said('Second', 'It signs in.')];
    const text = `No notifier can mail anybody. ${wordsOf(notifiers)}`;
    const kept = { report: { diff: [], mail: { verdict: 'unheard', text, notifiers } } } as unknown as Parameters<
      typeof simulationInLanguage
    >[0];
    assert.equal(
      simulationInLanguage(kept, 'de').report.mail?.text,
      'Keine Benachrichtigung kann jemandem schreiben. Mails (geht nicht, Anmeldung): „The server refuses the password.“ Second (geht nicht, Anmeldung): Das Konto meldet sich an.',
    );
  });

  it('says the last dry run, and leaves its codes, numbers and names', () => {
    const kept = {
      at: '2026-06-02T08:00:00.000Z',
      by: 'switch',
      report: {
        counts: { devices: 9 },
        diff: [
          {
            action: 'block',
            reason: 'not-enrolled',
            text: 'No enrolled device of this user fits.',
            rule: 'MDM away',
            count: 5,
          },
        ],
        problems: [{ code: 'ERR_SNAPSHOT_STALE', text: 'What an older version said.' }],
        held: {
          id: 'plan',
          count: 5,
          reason: { code: 'ERR_BRAKE', text: '5 mailboxes would lose access; the brake allows 3 of 40.' },
        },
        readings: [
          { name: 'Jamf', notes: [{ code: 'no-eas-id', text: TELLING_SAYINGS_EN['no-eas-id'] }] },
          { name: 'Exchange' },
        ],
      },
    } as unknown as Parameters<typeof simulationInLanguage>[0];
    assert.equal(simulationInLanguage(kept, 'en'), kept);
    assert.deepEqual(simulationInLanguage(kept, 'de'), {
      at: '2026-06-02T08:00:00.000Z',
      by: 'switch',
      report: {
        counts: { devices: 9 },
        diff: [
          {
            action: 'block',
            reason: 'not-enrolled',
            text: 'Kein registriertes Gerät dieses Benutzers passt.',
            rule: 'MDM fehlt',
            count: 5,
          },
        ],
        problems: [{ code: 'ERR_SNAPSHOT_STALE', text: 'Der letzte vollständige Abruf eines MDM ist zu alt.' }],
        held: {
          id: 'plan',
          count: 5,
          reason: { code: 'ERR_BRAKE', text: '5 Postfächer verlören den Zugang; die Bremse lässt 3 von 40 zu.' },
        },
        readings: [
          { name: 'Jamf', notes: [{ code: 'no-eas-id', text: TELLING_SAYINGS_DE['no-eas-id'] }] },
          { name: 'Exchange' },
        ],
      },
    });
  });

  it('leaves a line of evidence that is no sentence of ours', () => {
    assert.equal(lineInLanguage('APPLDMPXYZ', 'de'), 'APPLDMPXYZ');
    assert.equal(lineInLanguage('It is a candidate.', 'de'), 'Es kommt in Frage.');
  });

  it('reads any text in a bounded time, and says all of it or none', () => {
    const pieces = Object.values(MATCH_SAYINGS_EN).flatMap((template) => template.split(/\{\w+\}/));
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 60 }), (some) => {
        const text = some.join('');
        assert.equal(typeof inLanguage(text, 'de'), 'string');
        assert.equal(inLanguage(text, 'en'), text);
      }),
      { numRuns: 300 },
    );
  });
});
