/** What the preflight of a sync says it saw, in each language. */
import { sayer } from '../../model/say.ts';
import type { ReportLanguage, Speech } from '../../model/say.ts';

const SAYINGS_EN = {
  rules: 'The rules can be used: {used} of {of} are switched on.',
  exchange: 'Exchange lets the connector sign in and read devices.',
  'eas-never': 'This Exchange has not been read to its end yet.',
  'eas-old': 'Exchange was last read whole at {time}, longer ago than {hours} hours. Is its source started?',
  'eas-whole': 'Exchange was last read whole at {time}; devices: {count}.',
  mdm: 'The MDM lets the connector sign in and read devices.',
  'mdm-fed':
    'It cannot be asked: it is fed by the flow, or its tenant is not deployed. A block that must be tried again waits for the next sync.',
  'mdm-whole': 'Last read whole at {time}; records: {count}.',
  groups: 'Groups that rules name, each read whole: {groups}.',
  'group.one': '{group} (1 member)',
  group: '{group} ({count} members)',
  late: 'There was no answer within {seconds} seconds.',
} as const;

const SAYINGS_DE: Readonly<Record<keyof typeof SAYINGS_EN, string>> = {
  rules: 'Die Regeln sind brauchbar: {used} von {of} sind eingeschaltet.',
  exchange: 'Exchange lässt den Connector sich anmelden und Geräte lesen.',
  'eas-never': 'Dieses Exchange wurde noch nicht bis zum Ende abgerufen.',
  'eas-old':
    'Exchange wurde zuletzt um {time} ganz abgerufen, vor mehr als {hours} Stunden. Ist seine Quelle gestartet?',
  'eas-whole': 'Exchange wurde zuletzt um {time} ganz abgerufen; Geräte: {count}.',
  mdm: 'Das MDM lässt den Connector sich anmelden und Geräte lesen.',
  'mdm-fed':
    'Es lässt sich nicht fragen: der Flow liefert seine Datensätze, oder sein Mandant ist nicht übernommen. Eine Sperre, die wiederholt werden muss, wartet auf den nächsten Abgleich.',
  'mdm-whole': 'Zuletzt um {time} ganz abgerufen; Datensätze: {count}.',
  groups: 'Gruppen, die Regeln nennen, jede ganz gelesen: {groups}.',
  'group.one': '{group} (1 Mitglied)',
  group: '{group} ({count} Mitglieder)',
  late: 'Binnen {seconds} Sekunden kam keine Antwort.',
};

/** Says what was seen. */
export const said = sayer<typeof SAYINGS_EN>();

/** The sentences of the preflight, in each language. */
export const PREFLIGHT_WORDS: Readonly<Record<ReportLanguage, Speech>> = {
  en: { language: 'en', sayings: SAYINGS_EN },
  de: { language: 'de', sayings: SAYINGS_DE },
};
