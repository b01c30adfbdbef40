/** What is wrong with a record that others made: English as errors have it, German as the preview of a mapping shows it. */

/** The last ones are parts: what goes on where a field's name ends. */
export const RECORD_SAYINGS_EN = {
  mapping: "Record {place}: the mapping's {field} {fault}.",
  'mapping-failed': 'Record {place}: the mapping failed: {words}.',
  'lost-column':
    'The list has no column for "{name}" any more, which the mapping reads for {field}; its columns are {columns}. It was not taken. Put the column back; if it is left out for good, change Mapping or Compliance of the MDM source.',
  'lost-values':
    'None of {count} records has a value in "{name}" any more, which the mapping reads for {field}; in the last list {few} of {of} had one. It was not taken. See whether the field has another name now; if none is right, change Mapping or Compliance of the MDM source.',
  'few-values':
    'None of {count} records has a value in "{name}" any more, which the mapping reads for {field}; in the last list {few} of {of} had one. See whether the field has another name now.',
  'no-column':
    'The list has no column "{name}", which the mapping reads for {field}; its columns are {columns}. It was not taken. Correct the mapping.',
  'no-values':
    'None of {count} records has a value in "{name}", which the mapping reads for {field}. See whether the mapping is right.',
  missing: 'is missing',
  'no-id': 'is missing; without it a device cannot be told from others',
  'same-id':
    'is that of an earlier record with another EAS ID, serial number, IMEI or user; each device is one record with an id of its own',
  'no-object': 'is {kind}, not an object',
  'no-field': 'is not a field; known are {known}',
  'no-text': 'is {kind}, not a text',
  'no-word': 'is "{value}"; known are {known}',
  'no-time': 'is "{value}", not an ISO 8601 time',
  'no-boolean': 'is {kind}, not true or false',
  rounded:
    'is the number {value}, which is above 2^53 and was rounded when the answer was parsed; have the http request node return a text, and send that',
  'by-spreadsheet':
    'is {value}: a spreadsheet has rounded it, and the last digits are lost; have the MDM export its list anew and send that file as it is, or import the column into the spreadsheet as text',
} as const;

/** The same in German. */
export const RECORD_SAYINGS_DE: Readonly<Record<keyof typeof RECORD_SAYINGS_EN, string>> = {
  mapping: 'Datensatz {place}: „{field}“ der Feldzuordnung {fault}.',
  'mapping-failed': 'Datensatz {place}: die Feldzuordnung ist gescheitert: „{words}“.',
  'lost-column':
    'Die Liste hat keine Spalte für „{name}“ mehr, die die Feldzuordnung für {field} liest; ihre Spalten sind {columns}. Sie wurde nicht übernommen. Setzen Sie die Spalte wieder ein; ist sie auf Dauer fort, ändern Sie Feldzuordnung oder Konformität der MDM-Quelle.',
  'lost-values':
    'Keiner von {count} Datensätzen hat mehr einen Wert in „{name}“, das die Feldzuordnung für {field} liest; in der letzten Liste hatten {few} von {of} einen. Sie wurde nicht übernommen. Sehen Sie nach, ob das Feld jetzt anders heißt; ist es so richtig, ändern Sie Feldzuordnung oder Konformität der MDM-Quelle.',
  'few-values':
    'Keiner von {count} Datensätzen hat mehr einen Wert in „{name}“, das die Feldzuordnung für {field} liest; in der letzten Liste hatten {few} von {of} einen. Sehen Sie nach, ob das Feld jetzt anders heißt.',
  'no-column':
    'Die Liste hat keine Spalte „{name}“, die die Feldzuordnung für {field} liest; ihre Spalten sind {columns}. Sie wurde nicht übernommen. Berichtigen Sie die Feldzuordnung.',
  'no-values':
    'Keiner von {count} Datensätzen hat einen Wert in „{name}“, das die Feldzuordnung für {field} liest. Sehen Sie nach, ob die Feldzuordnung stimmt.',
  missing: 'fehlt',
  'no-id': 'fehlt; ohne sie ist ein Gerät nicht von anderen zu unterscheiden',
  'same-id':
    'ist die eines früheren Datensatzes mit anderer EAS-ID, Seriennummer, IMEI oder anderem Benutzer; jedes Gerät ist ein Datensatz mit eigener Kennung',
  'no-object': 'ist {kind}, kein Objekt',
  'no-field': 'ist kein Feld; bekannt sind {known}',
  'no-text': 'ist {kind}, kein Text',
  'no-word': 'ist „{value}“; bekannt sind {known}',
  'no-time': 'ist „{value}“, keine Zeit nach ISO 8601',
  'no-boolean': 'ist {kind}, weder true noch false',
  rounded:
    'ist die Zahl {value}, die über 2^53 liegt und beim Lesen der Antwort gerundet wurde; lassen Sie den http-request-Node einen Text liefern und senden Sie den',
  'by-spreadsheet':
    'ist {value}: eine Tabellenkalkulation hat gerundet, und die letzten Stellen sind verloren; lassen Sie das MDM seine Liste neu exportieren und senden Sie diese Datei, wie sie ist, oder importieren Sie die Spalte in die Tabellenkalkulation als Text',
};
