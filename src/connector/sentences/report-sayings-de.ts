/** What a report says beside decisions, guards and the brake, in German; the same codes with the same places as in English. */
import type { ReportSaying } from './report-sayings-en.ts';

export const REPORT_SAYINGS_DE: Readonly<Record<ReportSaying, string>> = {
  // ── what Exchange could not give ──────────────────────────────────────────
  'gaps.objects': 'Exchange konnte {count} Objekte nicht liefern.',
  'gaps.objects.mailboxes': 'Exchange konnte {count} Objekte von {of} Postfächern nicht liefern.',
  'gaps.unnamed': 'Von {count} davon sagt Exchange nicht, wem sie gehören.',
  'gaps.stay':
    'Geräte dieser Postfächer bleiben, wie sie waren: keinem wird der Zugang genommen, keines gelöscht oder aufgeräumt. Die Warnungen der EAS-Quelle nennen die Objekte.',
  'gaps.outside':
    'Postfächer anderer Domänen wurden früher gelesen und sind nicht mehr zu sehen: das Konto darf seine Sitzungen vielleicht nicht mehr auf den ganzen Forest ausweiten.',
  'gaps.outside.count':
    '{count} Postfächer anderer Domänen wurden früher gelesen und sind nicht mehr zu sehen: das Konto darf seine Sitzungen vielleicht nicht mehr auf den ganzen Forest ausweiten.',
  'gaps.outside.stay':
    'Ihre Geräte bleiben, wie sie waren: keinem wird der Zugang genommen, keines gelöscht oder aufgeräumt. Alles andere wurde gelesen und entschieden.',
  'gaps.fewer':
    'Ein voller Abruf von Exchange hat {count} Geräte, wo {of} bekannt waren, ohne einen Fehler: {few} fehlen seit {time}. Was fehlt, bleibt drei Tage, wie es war, dann gilt es als fort. Telefone, die hinzukamen und nicht gelistet sind, werden nicht gesehen, also auch nicht gesperrt. Prüfen Sie die Bereiche der Rollen des Kontos, „Nur“ der EAS-Quelle, und was die Liste macht; nichts, wenn so viele Postfächer verschoben oder Geräte entfernt wurden.',
  'gaps.nameless':
    'Kein EAS-Datensatz, der als Nachricht kam, hat den Anmeldenamen oder die Mailadressen, die frühere hatten, also sind die Besitzer von {count} Postfächern im MDM nicht zu finden. Ihre Geräte bleiben, wie sie waren: keinem wird der Zugang genommen, keines gelöscht oder aufgeräumt. Prüfen Sie, was die Liste macht.',
  // ── other problems ────────────────────────────────────────────────────────
  'works-elsewhere':
    'Auch ein anderer Zugangsschalter setzt für dieses Exchange durch, unter einer anderen Konfiguration (ID {ids}). Jeder sperrt und schreibt Mails für sich, also bekommt ein Benutzer womöglich jede Mail zweimal. Löschen Sie einen der beiden mit seinem Exchange-Server, oder stellen Sie ihn auf Simulieren.',
  'entries-elsewhere':
    '{count} Geräte sind durch Einträge gesperrt, die unter einer anderen Konfiguration dieses Exchange geschrieben wurden (ID {ids}). Hier gelten sie als die eines Administrators und bleiben stehen, wenn ihre Benutzer sich registrieren: {examples}.',
  'no-compliance':
    'Keiner der {count} verwalteten Datensätze von {name} nennt, ob sein Gerät konform ist. Ein gesperrtes Telefon bleibt nach seiner Registrierung gesperrt. Wenn dieses MDM keine Konformität kennt, stellen Sie „Konformität“ seiner MDM-Quelle auf „verwaltet genügt“; sonst sehen Sie nach seinen Konformitätsrichtlinien und der Feldzuordnung.',
  'groups-unreadable': 'Die Gruppe „{name}“ ließ sich nicht lesen, also wird niemand gesperrt: {said}',
  'attempts-unknown':
    'Exchange nannte nicht, wann Geräte zuletzt zu synchronisieren versuchten, also gilt deshalb keines als unbenutzt: {said}',
  'attempts-unknown.some':
    'Exchange nannte für {count} Postfächer nicht, wann deren Geräte zuletzt zu synchronisieren versuchten, also gilt deshalb keines von diesen als unbenutzt: {said}',
  'pages-lost':
    'Eine Seite dieses Abgleichs kam nicht, kam zweimal, oder über sie ließ sich nicht entscheiden. Aus dem, was fehlte, wird nichts geschlossen, und im nächsten Abgleich geht es um alle Geräte. Kommt es wieder, suchen Sie nach einem Node zwischen Zuordnung und Zugangsschalter, der Seiten weglässt, wiederholt oder ändert.',
  missed:
    '{count} Geräte ergaben etwas anderes als zuvor, obwohl nichts sie berührt hatte. Jetzt ist über sie richtig entschieden; bitte melden Sie es.',
  miscounted:
    'Die Zahlen aller Geräte stimmten nicht mit den Geräten überein. Jetzt sind sie richtig; bitte melden Sie es.',
  // ── mails ─────────────────────────────────────────────────────────────────
  'mail.hold':
    'Seit 72 Stunden konnte keine Benachrichtigung jemandem schreiben; diese Benutzer erführen also nicht, warum sie gesperrt sind.',
  'mail.nobody':
    'Niemand bekommt eine E-Mail: für diesen Speicher ist keine Benachrichtigung übernommen, oder keine hat seit einer halben Stunde gesagt, ob ihre E-Mails hinausgehen.',
  'mail.wait': '{count} Sperren warten, weil keine Benachrichtigung jemandem schreiben kann.',
  'mail.would-wait': '{count} Sperren würden warten, weil keine Benachrichtigung jemandem schreiben kann.',
  'mail.unheard': 'Keine Benachrichtigung kann jemandem schreiben.',
  'mail.unheard.go': 'Keine Benachrichtigung kann jemandem schreiben, und Sperren warten nicht darauf.',
  'mail.unproven': 'Es ist nicht bewiesen, dass jede E-Mail hinausgeht.',
  'mail.unnamed': 'Die Benachrichtigung ({verdict}): {said}',
  'mail.unnamed.step': 'Die Benachrichtigung ({verdict}, {step}): {said}',
  'mail.notifier': '{name} ({verdict}): {said}',
  'mail.notifier.step': '{name} ({verdict}, {step}): {said}',
  // ── evidence ──────────────────────────────────────────────────────────────
  'evidence.first-sync': 'wie Exchange sagt',
  'evidence.opened': 'Link geöffnet um {time}',
  'evidence.confirmed': 'Link bestätigt um {time}',
  'evidence.asked': 'Verlangt für: {name}.',
  'evidence.dropped':
    'Verworfen: Änderungen, die warteten, {count}, Pläne {count2}, Neuigkeiten {count3}, E-Mails {count4}.',
  'evidence.unmailed': 'Über diese Sperren konnte niemandem geschrieben werden, und sie werden trotzdem geschrieben.',
};
