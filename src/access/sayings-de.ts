/** What is said of decisions, guards and the brake, in German; the same codes with the same places as in English. */
import type { AccessSaying } from './sayings-en.ts';

export const ACCESS_SAYINGS_DE: Readonly<Record<AccessSaying, string>> = {
  // ── decisions ─────────────────────────────────────────────────────────────
  'no-rule': 'Keine Regel trifft zu.',
  'groups-unreadable': 'Die Mitglieder der Gruppen ließen sich nicht lesen, also wird kein Zugang genommen.',
  compliant: 'Das MDM sagt, das Gerät ist konform.',
  'compliant.word': 'Das MDM sagt, das Gerät ist konform („{word}“).',
  'in-grace': 'Das Gerät ist in seiner Frist.',
  'in-grace.until': 'Das Gerät ist in seiner Frist bis {time}.',
  noncompliant: 'Das MDM sagt, das Gerät ist nicht konform.',
  'noncompliant.word': 'Das MDM sagt, das Gerät ist nicht konform („{word}“).',
  'compliance-unknown': 'Das MDM weiß nicht, ob das Gerät konform ist.',
  'compliance-unknown.word': 'Das MDM weiß nicht, ob das Gerät konform ist („{word}“).',
  grandfathered: 'Beim Einschalten in Benutzung, also zugelassen bis {time}. Danach: {text}',
  gap: 'Exchange konnte nicht alles von diesem Postfach lesen, also wird ihm kein Zugang genommen. Sonst: {text}',
  exempt: 'Ausgenommen bis {time}: „{note}“. Sonst: {action}. {text}',
  'exempt.by': 'Ausgenommen bis {time} durch {by}: „{note}“. Sonst: {action}. {text}',
  'mdm-away': 'Das MDM fehlt schon zu lange; für neue Geräte gilt: {action}.',
  'mdm-back': 'Gesetzt, während das MDM fehlte, und jetzt zurückgenommen. {text}',
  idle: 'Das Gerät hat seit {time} nicht zu synchronisieren versucht, seit {days} Tagen oder länger.',
  'tried-again':
    'Das Postfach hat ein neueres Konto an seiner Stelle, und es hat am {time} wieder zu synchronisieren versucht.',
  'last-attempt': 'letzter Versuch zu synchronisieren: {time}',
  removal:
    'Seit {time} hat nichts zu synchronisieren versucht, und wir sperren es seit {time2}. Die Partnerschaft wird entfernt, unser Eintrag bleibt.',
  undo: 'Rückgängig: der Eintrag dieses Connectors wird zurückgenommen.',
  // ── guards ────────────────────────────────────────────────────────────────
  'guard.eas-incomplete': 'Der Abruf von Exchange kam nicht an sein Ende.',
  'guard.no-mdm': 'Es gibt keinen vollständigen Abruf des MDM.',
  'guard.gone': 'Seit {time} ruft keine MDM-Quelle des Flows {name} ({scope}) ab, und der letzte Abruf zählt noch.',
  'guard.unread': '{name} wurde noch nicht bis zum Ende abgerufen.',
  'guard.stale': 'Der letzte vollständige Abruf von {name} begann am {time}, vor mehr als {hours} Stunden.',
  'guard.shrunken': '{count} von {of} MDM-Datensätzen von {name} fehlen seit dem letzten Abruf.',
  'guard.creeping': '{count} von {of} MDM-Datensätzen von {name} fehlen seit wenigen Tagen.',
  'guard.empty': '{name} wurde abgerufen und hat keine Datensätze.',
  'loss.records': '{count} von {of} Datensätzen von {name} ({platform}) fehlen seit wenigen Tagen.',
  'loss.none.easIds': 'Keiner der {of} Datensätze von {name} ({platform}) hat noch eine EAS-ID; {count} hatten eine.',
  'loss.none.user': 'Keiner der {of} Datensätze von {name} ({platform}) hat noch einen Benutzer; {count} hatten einen.',
  'loss.none.compliance':
    'Keiner der {of} Datensätze von {name} ({platform}) nennt noch die Konformität; {count} taten es.',
  'loss.none.managed': 'Keiner der {of} Datensätze von {name} ({platform}) ist noch verwaltet; {count} waren es.',
  'loss.few.easIds': 'Nur {few} der {of} Datensätze von {name} ({platform}) haben eine EAS-ID; {count} hatten eine.',
  'loss.few.user': 'Nur {few} der {of} Datensätze von {name} ({platform}) haben einen Benutzer; {count} hatten einen.',
  'loss.few.compliance':
    'Nur {few} der {of} Datensätze von {name} ({platform}) nennen die Konformität; {count} taten es.',
  'loss.few.managed': 'Nur {few} der {of} Datensätze von {name} ({platform}) sind verwaltet; {count} waren es.',
  // ── the brake; `{mailboxes}` has its verb ─────────────────────────────────
  'brake.first': '{count} von {of} Geräten verlören durch den ersten Abruf von {name} den Zugang.',
  'brake.known': '{mailboxes} den Zugang; die Bremse lässt {limit} von {of} zu.',
  'brake.new':
    '{mailboxes} den Zugang für Geräte, die binnen eines Tages zum ersten Mal gesehen wurden; die Bremse lässt {limit} von {of} zu.',
  'brake.known.day':
    '{mailboxes} den Zugang, und {count} haben ihn binnen eines Tages verloren; die Bremse lässt {limit} am Tag zu.',
  'brake.new.day':
    '{mailboxes} den Zugang für Geräte, die binnen eines Tages zum ersten Mal gesehen wurden, und {count} haben ihn binnen eines Tages verloren; die Bremse lässt {limit} am Tag zu.',
  'brake.idle': '{count} Geräte würden als unbenutzt gesperrt; die Bremse lässt {limit} von {of} zu.',
  'brake.removal': '{count} Partnerschaften würden entfernt; die Bremse lässt {limit} von {of} zu.',
  'brake.whole':
    'Der Abruf, der am {time} begann, war der erste des ganzen Forests: Geräte seiner anderen Domänen waren nie zuvor gesehen worden.',
};
