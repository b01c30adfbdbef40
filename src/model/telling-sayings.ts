/** What follows of what an MDM cannot tell of its devices: English as it is kept with a reading, German as dialogs show it. */
export const TELLING_SAYINGS_EN = {
  'managed-is-enough': 'Tells no compliance: managed is enough.',
  'compliance-unknown':
    'Tells no compliance: a phone that was blocked stays blocked after its enrollment. Choose managed is enough.',
  'some-managed-is-enough': 'Tells compliance of some devices at most: of the others managed is enough.',
  'some-compliance-unknown':
    'Tells compliance of some devices at most: of the others a phone that was blocked stays blocked after its enrollment.',
  'no-eas-id': 'Tells no EAS ID: phones merge through the link.',
  'some-eas-ids': 'Tells the EAS ID of some devices at most: the others merge through the link.',
  'no-user': 'Tells no user: its phones merge with no mailbox until the flow adds the user to each record.',
  'some-users': 'Tells the user of some devices at most: the others merge with no mailbox.',
  'no-serial': 'Tells no serial number: a phone that was enrolled again is known by nothing else.',
  'some-serials':
    'Tells the serial number of some devices at most: of the others one that was enrolled again is not known.',
} as const;

/** Code of something that follows. */
export type TellingSaying = keyof typeof TELLING_SAYINGS_EN;

/** The same in German. */
export const TELLING_SAYINGS_DE: Readonly<Record<TellingSaying, string>> = {
  'managed-is-enough': 'Nennt keine Konformität: verwaltet genügt.',
  'compliance-unknown':
    'Nennt keine Konformität: ein gesperrtes Telefon bleibt nach seiner Registrierung gesperrt. Wählen Sie „verwaltet genügt“.',
  'some-managed-is-enough': 'Nennt die Konformität höchstens mancher Geräte: bei den übrigen genügt verwaltet.',
  'some-compliance-unknown':
    'Nennt die Konformität höchstens mancher Geräte: von den übrigen bleibt ein gesperrtes Telefon nach seiner Registrierung gesperrt.',
  'no-eas-id': 'Nennt keine EAS-ID: Telefone werden durch den Link zusammengeführt.',
  'some-eas-ids': 'Nennt die EAS-ID höchstens mancher Geräte: die übrigen werden durch den Link zusammengeführt.',
  'no-user':
    'Nennt keinen Benutzer: die Telefone passen zu keinem Postfach, bis der Flow jedem Datensatz den Benutzer hinzufügt.',
  'some-users': 'Nennt den Benutzer höchstens mancher Geräte: die übrigen passen zu keinem Postfach.',
  'no-serial': 'Nennt keine Seriennummer: ein neu registriertes Telefon ist an nichts anderem zu erkennen.',
  'some-serials':
    'Nennt die Seriennummer höchstens mancher Geräte: von den übrigen ist ein neu registriertes nicht zu erkennen.',
};
