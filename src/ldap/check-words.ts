/** What the line of an Active Directory says, in each language. */
import { COMMON_DE, COMMON_EN } from '../model/check-words.ts';
import type { CheckWords, VerdictWords } from '../model/check-words.ts';
import { sayer } from '../model/say.ts';
import type { ReportLanguage } from '../model/say.ts';
import { VERDICTS } from './verdicts.ts';
import type { Verdict } from './verdicts.ts';

const SAYINGS_EN = { ...COMMON_EN, reads: '{user} reads {base}.', failed: '{text}' } as const;

const SAYINGS_DE: Readonly<Record<keyof typeof SAYINGS_EN, string>> = {
  ...COMMON_DE,
  reads: '{user} liest {base}.',
  failed: 'Die Meldung dazu: {text}',
};

/** Says what was seen. */
export const said = sayer<typeof SAYINGS_EN>();

const VERDICTS_DE: Readonly<Record<Verdict, VerdictWords>> = {
  reads: { says: 'angemeldet und gelesen' },
  package: {
    says: 'das Paket ldapts fehlt',
    remedy: 'Installieren Sie es im Benutzerverzeichnis von Node-RED, dann starten Sie Node-RED neu.',
  },
  address: {
    says: 'nicht erreicht',
    remedy: 'Prüfen Sie „Active Directory“, „Dessen Konto“ und „Kennwort dazu“, DNS, und die Firewall auf dem Weg.',
  },
  account: {
    says: 'das Konto wird abgelehnt',
    remedy:
      'Prüfen Sie „Dessen Konto“ und „Kennwort dazu“. Jeder Versuch mit falschem Kennwort zählt zu einer Kontosperre.',
  },
  tls: {
    says: 'dem Zertifikat wird nicht vertraut, oder es gibt kein TLS',
    remedy:
      'Wählen Sie eine TLS-Konfiguration mit der Zertifizierungsstelle des Domänencontrollers, und eine Adresse, die in seinem Zertifikat steht.',
  },
  time: {
    says: 'keine Antwort in der Zeit',
    remedy: 'Prüfen Sie die Firewall auf dem Weg, und wie ausgelastet der Domänencontroller ist.',
  },
  answer: {
    says: 'keine brauchbare Antwort',
    remedy: 'Prüfen Sie, dass die Adresse die eines Domänencontrollers ist, und dass er läuft.',
  },
  content: {
    says: 'nichts zu lesen',
    remedy: 'Lassen Sie das Konto lesen; in einer Domäne mit Vorgaben darf das jeder Domänenbenutzer.',
  },
};

type DirectoryWords = Omit<CheckWords<Verdict>, 'summary'>;

export const DIRECTORY_WORDS: Readonly<Record<ReportLanguage, DirectoryWords>> = {
  en: { language: 'en', sayings: SAYINGS_EN, verdicts: VERDICTS },
  de: { language: 'de', sayings: SAYINGS_DE, verdicts: VERDICTS_DE },
};
