/** What the page says of one device and of what can be done about it, in each of its languages; see texts.ts. Pure. */

export const DEVICE_ENGLISH = {
  exempt: 'Exempt until…',
  exemptNow: 'Exempt',
  exemptUntil: 'Until (that day included, UTC)',
  exemptNote: 'Why (needed, for the audit)',
  confirmExempt:
    'Until when shall no rule block this device? Our block is taken off; what Exchange itself blocks stays blocked.',
  exemptSince: 'Exempt until {until}, by {who} since {since}:',
  unexempt: 'Take the exemption back',
  confirmUnexempt: 'Take the exemption of this device back? The rules decide about it again.',
  remove: 'Remove partnership…',
  removeNow: 'Remove',
  removeNote: 'Why (for the audit)',
  confirmRemove:
    'Remove the partnership of {device} ({easId}) of {owner} from Exchange? This cannot be undone. A phone that is still in use makes a new one, and Exchange and the rules decide about that.',
  tryIt: 'Try it',
  tryHint: 'What the rules decide by the last readings, and what a sync would change now. Nothing is written.',
  trying: 'The readings are looked through …',
  triedGone: 'The last reading of Exchange does not have this device.',
  triedRule: 'Rule that decides',
  triedConditions: 'Its conditions, which all hold',
  triedChange: 'What a sync would do',
  triedMatch: 'The MDM record',
  triedGuard: 'At this moment nothing would be blocked: {text}',
  triedRead: 'By the readings of {eas} (Exchange) and {mdm} (MDM).',
} as const;

export const DEVICE_GERMAN: Readonly<Record<keyof typeof DEVICE_ENGLISH, string>> = {
  exempt: 'Ausnehmen bis…',
  exemptNow: 'Ausnehmen',
  exemptUntil: 'Bis (einschließlich dieses Tages, UTC)',
  exemptNote: 'Warum (nötig, für das Protokoll)',
  confirmExempt:
    'Bis wann soll keine Regel dieses Gerät sperren? Unsere Sperre wird aufgehoben; was Exchange selbst sperrt, bleibt gesperrt.',
  exemptSince: 'Ausgenommen bis {until}, durch {who} seit {since}:',
  unexempt: 'Ausnahme zurücknehmen',
  confirmUnexempt: 'Die Ausnahme dieses Geräts zurücknehmen? Die Regeln entscheiden wieder darüber.',
  remove: 'Partnerschaft entfernen…',
  removeNow: 'Entfernen',
  removeNote: 'Warum (für das Protokoll)',
  confirmRemove:
    'Die Partnerschaft von {device} ({easId}) von {owner} aus Exchange entfernen? Das lässt sich nicht rückgängig machen. Ein Telefon, das noch benutzt wird, legt eine neue an, und über die entscheiden Exchange und die Regeln.',
  tryIt: 'Ausprobieren',
  tryHint:
    'Was die Regeln nach den letzten Abrufen entscheiden, und was ein Abgleich jetzt ändern würde. Geschrieben wird nichts.',
  trying: 'Die Abrufe werden durchgesehen …',
  triedGone: 'Der letzte Abruf von Exchange hat dieses Gerät nicht.',
  triedRule: 'Regel, die entscheidet',
  triedConditions: 'Ihre Bedingungen, die alle zutreffen',
  triedChange: 'Was ein Abgleich täte',
  triedMatch: 'Der MDM-Datensatz',
  triedGuard: 'In diesem Augenblick würde nichts gesperrt: {text}',
  triedRead: 'Nach den Abrufen von {eas} (Exchange) und {mdm} (MDM).',
};
