/** What somebody is told whose wish is refused, in German; see refusals-en.ts. */
import type { REFUSALS_EN } from './refusals-en.ts';

export const REFUSALS_DE: Readonly<Record<keyof typeof REFUSALS_EN, string>> = {
  // ── parts of sentences ────────────────────────────────────────────────────
  none: 'nichts',
  more: '{some} und {n} weitere',
  both: '{first} {second}',
  // ── requests ──────────────────────────────────────────────────────────────
  'no-json': 'Die Anfrage hat kein JSON-Objekt.',
  'no-fields': 'Die Anfrage hat keine Felder.',
  'only-json': 'Hier wird nur JSON angenommen: senden Sie es mit der Kopfzeile Content-Type: application/json.',
  'other-site':
    'Die Anfrage kommt von einer Seite einer anderen Website, oder durch einen Proxy, der die Kopfzeile Host ändert.',
  'no-parameter': 'Den Parameter {name} gibt es nicht. Bekannt sind {known}.',
  parameter: 'Der Parameter „{name}“ ist nicht wie erwartet: {expected}.',
  'one-text': 'ein Text',
  'some-texts': 'höchstens {most} Texte',
  'a-number': 'eine Zahl von 1 bis {most}',
  'a-day': 'ein Tag wie 2026-05-04',
  'no-place':
    'Der Parameter „after“ ist keine Stelle dieser Liste: geben Sie „next“ der Seite davor zurück, wie es kam.',
  'no-file': 'Die Konsole hat keine Datei dieses Namens.',
  // ── what the flows have ───────────────────────────────────────────────────
  'field-problem': '{label}, „{field}“: {expected}',
  'not-chosen': 'In „{field}“ ist kein {what} gewählt.',
  'not-there': 'Was in „{field}“ gewählt ist ({what}), fehlt, ist deaktiviert oder nicht gestartet.',
  'plain-password':
    'Die „Sicherheit“ des Mailkontos ist „keine“: über eine unverschlüsselte Verbindung geht kein Kennwort.',
  'no-tls': 'Die TLS-Konfiguration, die in „TLS“ gewählt ist, fehlt oder ist deaktiviert.',
  'no-proxy': 'Die Proxy-Konfiguration, die in „Proxy“ gewählt ist, fehlt oder ist deaktiviert.',
  'environment-unset':
    '{variable} ist nicht gesetzt, weder in einer Gruppe oder einem Flow noch in der Umgebung von Node-RED.',
  'environment-expression':
    '{variable} ist ein Ausdruck. Sein Wert ist hier bekannt, sobald sein Flow übernommen ist (deploy).',
  'environment-secret':
    '{variable} ist ein Geheimnis seines Flows. Es ist hier bekannt, sobald der Flow damit übernommen ist (deploy).',
  'not-yet-secret': '„{field}“ ist hier bekannt, sobald „{label}“ übernommen ist (deploy).',
  'other-address':
    '„{field}“ wurde für eine andere Adresse gespeichert und wird an diese nicht gesendet. Tragen Sie es neu ein.',
  'no-store': 'Kein Speicher dieser ID läuft. Übernehmen Sie ihn (deploy), dann fragen Sie noch einmal.',
  'no-source': 'Keine EAS-Quelle dieser Organisation und dieses Speichers läuft.',
  'no-switch': 'Kein Zugangsschalter dieser Organisation und dieses Speichers läuft.',
  'no-notifier': 'Keine solche Benachrichtigung dieses Speichers läuft.',
  'several-notifiers': 'Mehrere Benachrichtigungen dieses Speichers laufen: nennen Sie eine in „notifier“.',
  'no-matcher': 'Keine Zuordnung dieses Speichers läuft.',
  'not-gone':
    'Hier lässt sich nur der Abruf einer MDM-Quelle vergessen, von der die Flows seit zehn Minuten keinen Node haben, auch keinen deaktivierten.',
  'no-input': 'Der Node nimmt keine Nachrichten an.',
  // ── stores ────────────────────────────────────────────────────────────────
  'short-secret': '„Linkgeheimnis“ des Speichers ist kürzer als {count} Zeichen.',
  'no-connection': 'Der Speicher hat in „Verbindung“ keine PostgreSQL-Adresse.',
  'unread-connection':
    'Der Speicher hat in „Verbindung“ eine PostgreSQL-Adresse, die sich nicht lesen lässt. Sie wird postgres://benutzer:kennwort@rechner/datenbank geschrieben, Sonderzeichen eines Kennworts mit Prozentzeichen: # ist %23, / ist %2F, @ ist %40.',
  'other-connection':
    'Der Speicher hat in „Verbindung“ eine Adresse {whose}://. Ein Speicher ist eine Datei oder ein PostgreSQL, dessen Adresse mit postgres:// beginnt.',
  'no-path': 'Der Speicher hat in „Datei“ keinen Pfad.',
  'no-pg': 'Ein PostgreSQL-Speicher braucht das Paket „pg“ (npm install pg).',
  'not-ours': 'In der Datenbank ist kein Speicher dieses Pakets.',
  unread: 'Der Speicher ließ sich nicht lesen: {why}.',
  'half-moved': 'In diesen Speicher sollte ein anderer umziehen, und nicht alles ist angekommen.',
  'other-version': 'Der Speicher hat Version {version}, dieses Paket arbeitet mit Version {known}.',
  'damaged-version': 'Das Versionszeichen des Speichers ist beschädigt.',
  locked: 'Ein anderer Prozess sperrt den Speicher {path}.',
  unopened: 'Der Speicher {path} ließ sich nicht öffnen: {why}.',
  'lone-journal':
    'Der Speicher {path} ist nicht da, sein Journal {journal} aber wohl: Die Datei wurde verschoben oder gelöscht, während sie in Gebrauch war. Legen Sie sie zum Journal zurück. Um mit einem leeren Speicher zu beginnen, nehmen Sie das Journal weg.',
  'other-journal':
    'Das Journal {journal} ist von einer anderen Datei, an deren Stelle {path} gelegt wurde: Es würde sie beschädigen. Nichts wurde geändert. Nehmen Sie das Journal weg, während Node-RED steht.',
  'file-gone':
    'Die Speicherdatei {path} wurde verschoben oder gelöscht, während sie in Gebrauch ist. Es geschieht nichts mehr.',
  'file-other':
    'An die Stelle der Speicherdatei {path} wurde eine andere gelegt, während sie in Gebrauch ist. Es geschieht nichts mehr.',
  kept: 'Ein anderer Prozess hielt den Speicher gesperrt.',
  sorting:
    'Die erste Synchronisierung sehr vieler Geräte ist nicht durch, und bis dahin hält der Speicher sie in keiner Reihenfolge.',
  // ── organizations, devices, plans ─────────────────────────────────────────
  'no-organization': 'Der Speicher kennt keine Organisation dieser ID.',
  'no-device': 'Der Speicher kennt kein Gerät dieses Schlüssels.',
  'not-read-device': 'Der letzte Abruf von Exchange hat kein Gerät dieses Schlüssels.',
  'no-such-device': 'Der letzte Abruf dieses Exchange hat kein solches Gerät.',
  'several-devices': 'Mehrere Geräte heißen so: {keys}. Nennen Sie eines in payload.device mit seinem Schlüssel.',
  'which-device':
    'Welches Gerät? Nennen Sie es in payload.device mit seinem Schlüssel, oder in payload.mailbox und payload.easId.',
  'plan-gone': 'Kein Plan dieser ID wird noch zurückgehalten.',
  'no-plan': 'Plan „{id}“ wird nicht zurückgehalten. {held}',
  'none-held': 'Kein Plan wird zurückgehalten.',
  held: 'Zurückgehalten: {ids}.',
  'foreign-plan': 'Plan „{id}“ ist nicht für diesen Zugangsschalter.',
  'old-plan': 'Plan „{id}“ kann diese Version nicht lesen.',
  'no-change': 'Plan „{id}“ hat keine solche Änderung; er bleibt zurückgehalten, wie er ist.',
  'none-waits': 'Keine solche Sperre wartet darauf, dass jemandem geschrieben werden kann.',
  'simulates.plan': 'Der Zugangsschalter simuliert: ein Plan wird nur in „Durchsetzen“ ausgeführt.',
  'simulates.removal': 'Der Zugangsschalter simuliert: eine Partnerschaft wird nur in „Durchsetzen“ entfernt.',
  'no-removal': 'Partnerschaften werden nicht von Hand entfernt: das ist im Zugangsschalter ausgeschaltet.',
  'cut-off': 'Der Zugangsschalter wurde beendet, während er schrieb.',
  'second-switch': 'Ein anderer Zugangsschalter setzt für diese Exchange-Organisation durch.',
  'lost-lease': 'Ein anderer Schalter oder ein anderes Node-RED hat inzwischen übernommen.',
  mixed:
    'Der Exchange-Server ist {exchange}, und der Mandant der MDM-Quelle „{name}“ ist {tenant}: nichts wurde geschrieben.',
  real: 'echt',
  simulated: 'simuliert',
  'other-organization': 'Der Exchange-Server {server} führte zu {known} und führt seit {time} zu {found}.',
  organization: '{name} ({kind}, {id})',
  'organization.kind': 'einer Organisation der Art {kind}',
  'an-organization': 'einer Organisation',
  'no-id': 'ohne ID',
  // ── exemptions ────────────────────────────────────────────────────────────
  'not-exempt': 'Dieses Gerät ist nicht ausgenommen. Ausgenommen sind: {keys}.',
  until:
    'Eine Ausnahme braucht payload.until, einen Tag wie 2026-12-31 oder eine Zeit mit ihrer Zone, höchstens ein Jahr voraus. Dies {fault}.',
  'until.none': 'ist keine',
  'until.past': 'ist vorbei',
  'until.far': 'ist mehr als ein Jahr voraus',
  note: 'Eine Ausnahme braucht payload.note, das sagt, warum, in höchstens {count} Zeichen.',
  // ── pairings and what is forgotten ────────────────────────────────────────
  'pair-keys': 'Zum Paaren braucht es payload.easKey und payload.mdmKey.',
  'unpair-key': 'Um eine Paarung zu lösen, braucht es payload.easKey.',
  'not-paired': 'Der EAS-Datensatz {key} ist nicht gepaart. Gepaart: {keys}.',
  'no-eas-record': 'Kein EAS-Datensatz der letzten Abrufe hat den Schlüssel {key}. Bekannt: {keys}.',
  'no-mdm-record': 'Kein MDM-Datensatz der letzten Abrufe hat den Schlüssel {key}. Bekannt: {keys}.',
  // ── mails ─────────────────────────────────────────────────────────────────
  'no-link': 'Keine übernommene Benachrichtigung hat diese Linkadresse. Übernehmen Sie sie, dann bestätigen Sie.',
  'resend.unnamed': 'Die Nachricht nennt nichts. {how}',
  'resend.unknown': 'Kein Gerät und kein Postfach heißt in den letzten Abrufen „{name}“ ({read}). {how}',
  'resend.how':
    'Nennen Sie ein Gerät mit seinem Schlüssel, oder ein Postfach mit einer Adresse, dem Benutzerprinzipalnamen oder seiner GUID.',
  'resend.never-read': 'Exchange wurde noch nicht abgerufen',
  'resend.read': 'abgerufen: {organizations}',
  'resend.nothing': 'Zu „{name}“ gibt es nichts zu senden: {why}.',
  'resend.and': '{before}; {one}',
  'resend.more': '{why}; {n} weitere',
  'resend.not-blocked': '{easId} ist durch keinen Eintrag von uns gesperrt',
  'resend.left': '{easId} ist noch gesperrt, und die Regeln belassen es',
  'resend.no-kind': '{easId} ist wegen „{reason}“ gesperrt, ohne E-Mail',
  'resend.address': '{easId} gehört zu {mailbox}, und dorthin darf keine E-Mail gehen',
  'resend.no-address': 'einem Postfach ohne Adresse',
  stopped: 'Die Anmeldung des Mailkontos wurde abgelehnt; der nächste Versuch ist um {time}.',
  'link.no-url': '„Linkadresse“ der Benachrichtigung ist keine URL.',
  'link.not-https':
    '„Linkadresse“ der Benachrichtigung muss eine https-URL sein: der Link ist so viel wert wie ein Schlüssel.',
  'link.not-plain':
    '„Linkadresse“ der Benachrichtigung muss eine einfache URL sein, ohne Benutzer, Abfrage und Fragment.',
  'template.unread': 'In der E-Mail lässt sich nicht lesen: {part}: {why}.',
  'template.tag': 'In der E-Mail ({part}) steht {tag}; das gibt es in E-Mails nicht.',
  'template.field': 'In der E-Mail ({part}) steht {tag}.',
  'template.unescaped':
    'Im HTML der E-Mail steht {tag} ohne Maskierung; ein Telefon könnte damit HTML hineinschreiben.',
  'part.subject': 'Betreff',
  'part.text': 'Text',
  'part.html': 'HTML',
  // ── rules, what is tried ──────────────────────────────────────────────────
  'rule-value':
    'Der Wert von {value} ist hier bekannt, sobald er an dieser Stelle des Zugangsschalters übernommen ist (deploy).',
  'try.nothing': 'Tragen Sie die Adresse eines Postfachs oder eine EAS-ID ein.',
  'try.unread':
    'Dieses Exchange wurde noch nicht abgerufen: es gibt nichts, woran sich die Regeln ausprobieren ließen.',
  // ── mappings ──────────────────────────────────────────────────────────────
  'no-mapping': 'Es gibt noch keine Feldzuordnung.',
  'mapping-value': 'Die Feldzuordnung ist ein Wert der Umgebung: für eine Vorschau wird er nicht nachgesehen.',
  'large-mapping':
    'Die Feldzuordnung hat {count} Zeichen; höchstens {most} werden ausprobiert. Lassen Sie einige Datensätze weg.',
  'large-sample':
    'Das Muster hat {count} Zeichen; höchstens {most} werden ausprobiert. Lassen Sie einige Datensätze weg.',
  'not-jsonata': '„Feldzuordnung“ der MDM-Quelle ist kein JSONata: {why}.',
  'sample-json': 'Das Muster ist kein JSON: {why}.',
  'sample-neither': 'Das Muster ist weder JSON noch CSV: eine CSV hat eine Kopfzeile und Zeilen darunter.',
};
