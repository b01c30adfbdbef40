/** What is said of decisions, guards, the brake and rules, in German; the same codes with the same places as in English. */
import type { AccessSaying } from './sayings-en.ts';

export const ACCESS_SAYINGS_DE: Readonly<Record<AccessSaying, string>> = {
  // ── decisions ─────────────────────────────────────────────────────────────
  'no-rule': 'Keine Regel trifft zu.',
  'groups-unreadable': 'Die Mitglieder der Gruppen ließen sich nicht lesen, also wird kein Zugang genommen.',
  compliant: 'Das MDM sagt, das Gerät ist konform.',
  'compliant.word': 'Das MDM sagt, das Gerät ist konform („{word}“).',
  'compliant.managed': 'Das MDM nennt keine Konformität des Geräts; hier genügt, dass es verwaltet ist.',
  'in-grace': 'Das Gerät ist in seiner Frist.',
  'in-grace.until': 'Das Gerät ist in seiner Frist bis {time}.',
  noncompliant: 'Das MDM sagt, das Gerät ist nicht konform.',
  'noncompliant.word': 'Das MDM sagt, das Gerät ist nicht konform („{word}“).',
  'noncompliant.grace': 'Das Gerät ist nicht konform, und seine Frist endete am {time}.',
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
  'guard.future':
    'Der letzte vollständige Abruf von {name} begann am {time}, was in der Zukunft liegt: Die Uhr dieses Rechners ging damals falsch, oder sie tut es jetzt.',
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
  'brake.superseded':
    'Konten, die ein neueres desselben Telefons ersetzt hat, würden gesperrt: {count}; die Bremse steht auf 0.',
  'brake.already': 'Geräte, die Exchange von sich aus nicht zulässt, würden gesperrt: {count}; die Bremse steht auf 0.',
  'brake.whole':
    'Der Abruf, der am {time} begann, war der erste des ganzen Forests: Geräte seiner anderen Domänen waren nie zuvor gesehen worden.',
  // ── rules ─────────────────────────────────────────────────────────────────
  'rule.wrong': 'Regel {count} ({name}): {text}',
  'rule.no-list': 'Die Regeln sind keine Liste.',
  'rule.too-many': 'Es sind mehr als {count} Regeln.',
  'rule.none': 'Das ist keine Regel.',
  'rule.no-name': 'Sie hat keinen Namen.',
  'rule.no-action': 'Sie hat keine Aktion: allow, block, release oder leave.',
  'rule.no-time': 'Ihr Ende ist weder ein Tag wie 2026-12-31 noch ein Zeitpunkt mit Zeitzone.',
  'rule.no-conditions': 'Sie hat keine Liste von Bedingungen.',
  'rule.many-conditions': 'Sie hat mehr als {count} Bedingungen.',
  'condition.none': 'Sie hat eine Bedingung, die keine ist.',
  'condition.not': '„not“ ist weder true noch false.',
  'condition.no-time':
    'Eine Bedingung an eine Zeit hat weder einen Tag wie 2026-12-31 noch einen Zeitpunkt mit Zeitzone.',
  'condition.unknown': 'Es gibt keine Bedingung an „{field}“.',
  'condition.owner': 'Von wem ein Eintrag ist, heißt „us“ oder „admin“.',
  'condition.never': '„{condition}“ ist nie „{value}“.',
  'condition.no-list': 'Eine Bedingung hat keine Liste von {things}.',
  'condition.empty-list': 'Eine Bedingung hat eine leere Liste von {things}.',
  'condition.empty-text': 'Eine Bedingung hat unter ihren {things} einen leeren Text.',
  'condition.many': 'Eine Bedingung hat eine Liste von mehr als {count} {things}.',
  'condition.no-bound': 'Eine Bedingung an Stunden hat keine Grenze.',
  'condition.hours': 'Stunden sind keine Zahl ab 0.',
  'condition.how': 'Ein Text wird „exact“, „wildcard“ oder „regex“ verglichen.',
  'condition.long': 'Ein Muster ist länger als 500 Zeichen.',
  'condition.large':
    'Die regulären Ausdrücke bis hierher sind zusammen zu groß; nehmen Sie weniger, oder kürzere Wiederholungen.',
  'pattern.too-long': 'Das Muster {pattern} ist länger als {value} Zeichen (bei Zeichen {count}).',
  'pattern.open': 'Das Muster {pattern} hat eine ( ohne ) (bei Zeichen {count}).',
  'pattern.escape': 'Das Muster {pattern} hat ein {value}, vor dem ein \\ stehen muss (bei Zeichen {count}).',
  'pattern.group':
    'Das Muster {pattern} hat eine Gruppe (?…); bekannt sind nur (…), (?:…) und (?<name>…) (bei Zeichen {count}).',
  'pattern.deep': 'Das Muster {pattern} schachtelt tiefer als {value} Gruppen (bei Zeichen {count}).',
  'pattern.closed': 'Das Muster {pattern} hat eine ) ohne ( (bei Zeichen {count}).',
  'pattern.repeats': 'Das Muster {pattern} wiederholt zu viel (bei Zeichen {count}).',
  'pattern.anchor': 'Das Muster {pattern} wiederholt einen Anker (bei Zeichen {count}).',
  'pattern.quantifier': 'Das Muster {pattern} hat einen possessiven oder doppelten Quantor (bei Zeichen {count}).',
  'pattern.braces': 'Das Muster {pattern} hat eine {value}, die nicht {shapes} ist (bei Zeichen {count}).',
  'pattern.bounds': 'Das Muster {pattern} hat ein {value} mit m unter n (bei Zeichen {count}).',
  'pattern.ends': 'Das Muster {pattern} endet mit einem \\ (bei Zeichen {count}).',
  'pattern.unknown': 'Das Muster {pattern} hat \\{value}, das hier nicht bekannt ist (bei Zeichen {count}).',
  'pattern.bracket': 'Das Muster {pattern} hat eine [ ohne ] (bei Zeichen {count}).',
  'pattern.empty': 'Das Muster {pattern} hat ein leeres [ ] (bei Zeichen {count}).',
  'pattern.backwards': 'Das Muster {pattern} hat einen Bereich {value}, der rückwärts läuft (bei Zeichen {count}).',
  'pattern.engine': 'Das Muster {pattern} lässt sich nicht übersetzen: „{words}“.',
};
