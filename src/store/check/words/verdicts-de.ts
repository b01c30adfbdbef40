/** Verdicts and what to do about them, in German; the same blanks as in VERDICTS. Commands are the same in every language. */
import type { VerdictWords } from '../../../model/check-words.ts';
import type { Verdict } from '../verdicts.ts';

export const VERDICTS_DE: Readonly<Record<Verdict, VerdictWords>> = {
  // engine
  'engine.there': { says: 'vorhanden' },
  'engine.node': { says: 'dieses Node.js hat keines', remedy: '{help}' },
  'engine.package': {
    says: 'das Paket pg fehlt',
    remedy: 'Installieren Sie das Paket im Benutzerverzeichnis von Node-RED, dann starten Sie Node-RED neu.',
  },
  // folder
  'folder.there': { says: 'vorhanden' },
  'folder.network': {
    says: 'auf einem Netzlaufwerk',
    remedy:
      'Legen Sie die Datei auf einen Datenträger dieses Rechners: das Journal von SQLite funktioniert nicht über ein Netz. Oder nehmen Sie PostgreSQL.',
  },
  'folder.missing': {
    says: 'gibt es nicht',
    remedy:
      'Berichtigen Sie den Pfad, oder legen Sie den Ordner für den Benutzer an, als der Node-RED läuft. Von selbst wird er nicht angelegt.',
  },
  'folder.closed': {
    says: 'für Node-RED nicht offen',
    remedy: 'Lassen Sie den Benutzer, als der Node-RED läuft, in dem Ordner lesen und schreiben.',
  },
  // file
  'file.there': { says: 'vorhanden' },
  'file.new': { says: 'noch keine' },
  'file.open-to-others': {
    says: 'andere dürfen sie lesen',
    remedy: 'Sie enthält das Linkgeheimnis und wessen Telefone es gibt. Lassen Sie nur ihren Besitzer sie lesen.',
  },
  'file.memory': {
    says: 'keine: ein Neustart vergisst alles',
    remedy: 'Tragen Sie eine Datei ein. Ohne vergisst der Connector, welche Listeneinträge seine eigenen sind.',
  },
  'file.none': {
    says: 'keine Datei',
    remedy: 'Tragen Sie den Pfad einer Datei ein. Was dort ist, ist etwas anderes.',
  },
  'file.gone': {
    says: 'fort, ihr Journal ist da',
    remedy:
      'Legen Sie die Datei zu ihrem Journal (-wal) zurück: Die letzten Änderungen stehen nur im Journal. Um mit einem leeren Speicher zu beginnen, nehmen Sie das Journal weg.',
  },
  'file.other-journal': {
    says: 'daneben das Journal einer anderen Datei',
    remedy:
      'An die Stelle des Speichers wurde eine andere Datei gelegt, und das Journal (-wal) der vorigen blieb. Nehmen Sie das Journal weg, während Node-RED steht: Es würde die Datei beschädigen.',
  },
  // connection
  'connection.open': { says: 'offen' },
  'connection.address': {
    says: 'keine Adresse einer Datenbank',
    remedy:
      'Tragen Sie sie als postgres://benutzer:kennwort@rechner/datenbank ein. Sonderzeichen eines Kennworts werden mit Prozentzeichen geschrieben.',
  },
  'connection.unknown': {
    says: 'der Name des Servers ist hier nicht bekannt',
    remedy:
      'Berichtigen Sie den Rechner in der Adresse, oder lassen Sie seinen Namen in das DNS eintragen, das dieser Rechner fragt.',
  },
  'connection.closed': {
    says: 'abgelehnt oder nicht beantwortet',
    remedy: 'Prüfen Sie Rechner und Port, ob PostgreSQL dort lauscht (listen_addresses), und die Firewall auf dem Weg.',
  },
  'connection.refused': {
    says: 'die Anmeldung wird abgelehnt',
    remedy: 'Prüfen Sie Benutzer und Kennwort, und ob pg_hba.conf diesen Benutzer von diesem Rechner einlässt.',
  },
  'connection.no-database': {
    says: 'diese Datenbank gibt es nicht',
    remedy: 'Berichtigen Sie den Namen der Datenbank, oder legen Sie sie für diesen Benutzer an.',
  },
  'connection.full': {
    says: 'der Server nimmt keine Verbindungen mehr an',
    remedy:
      'Erhöhen Sie max_connections, oder schließen Sie, was nicht gebraucht wird. Ein Node-RED nimmt höchstens zehn.',
  },
  'connection.untrusted': {
    says: 'TLS gescheitert',
    remedy:
      'Nehmen Sie die Stelle, die das Zertifikat des Servers signiert hat, in die Adresse auf: ?sslmode=verify-full&sslrootcert=/pfad/ca.pem. Hat der Server kein TLS, geben Sie ihm ein Zertifikat (ssl = on).',
  },
  'connection.failed': { says: 'nicht möglich', remedy: '{help}' },
  // tls
  'tls.on': { says: 'verschlüsselt' },
  'tls.here': { says: 'nicht nötig, der Server ist auf diesem Rechner' },
  'tls.off': {
    says: 'nicht verschlüsselt',
    remedy: 'Fügen Sie der Adresse ?sslmode=verify-full hinzu, und geben Sie dem Server ein Zertifikat (ssl = on).',
  },
  'tls.untold': { says: 'der Server sagt es nicht' },
  // version
  'version.good': { says: 'bewährt' },
  'version.old': {
    says: 'älter als das, was getestet ist',
    remedy: 'Nehmen Sie PostgreSQL 13 oder neuer.',
  },
  // rights
  'rights.enough': { says: 'genug' },
  'rights.read-only': {
    says: 'dort lässt sich nichts schreiben',
    remedy:
      'Tragen Sie die Adresse des Hauptservers ein, nicht die eines Standbys; oder lassen Sie die Datenbank beschreiben.',
  },
  'rights.create': {
    says: 'keine Tabellen erlaubt',
    remedy: 'Lassen Sie den Benutzer in seinem Schema Tabellen anlegen; am besten gehört ihm eine eigene Datenbank.',
  },
  'rights.tables': {
    says: 'die Tabellen des Speichers sind ihm verschlossen',
    remedy:
      'Die Tabellen gehören einem anderen Benutzer. Melden Sie sich als ihr Besitzer an, oder geben Sie die Tabellen diesem Benutzer.',
  },
  // store
  'store.ours': { says: 'dieser Version' },
  'store.none': { says: 'noch keiner, er wird angelegt' },
  'store.older': {
    says: 'einer älteren Version',
    remedy:
      'Er wird auf den neuen Stand gebracht, wenn dies übernommen wird; ein älteres Paket kann ihn dann nicht mehr lesen. Kopieren Sie ihn vorher.',
  },
  'store.newer': {
    says: 'einer neueren Version',
    remedy: 'Installieren Sie die Version des Pakets, die ihn geschrieben hat, oder eine neuere.',
  },
  'store.incomplete': {
    says: 'nicht vollständig',
    remedy: 'Ein Umzug hierher ist nicht zu Ende gekommen. Wiederholen Sie ihn in einen leeren Speicher.',
  },
  'store.foreign': {
    says: 'eines anderen Programms',
    remedy: 'Tragen Sie eine andere Datei oder Datenbank ein; diese bleibt, wie sie ist.',
  },
  'store.unreadable': { says: 'nicht lesbar', remedy: '{help}' },
  // write
  'write.possible': { says: 'möglich' },
  'write.busy': {
    says: 'ein anderer Prozess hält die Sperre',
    remedy:
      'Finden Sie heraus, welcher Prozess die Datei offen hat. Mehrere Node-RED arbeiten auf einem PostgreSQL, nicht auf einer Datei.',
  },
  'write.refused': {
    says: 'nicht möglich',
    remedy:
      'Lassen Sie den Benutzer, als der Node-RED läuft, die Datei und ihren Ordner beschreiben: neben der Datei liegt ein Journal.',
  },
  // space
  'space.enough': { says: 'genug' },
  'space.little': {
    says: 'wenig',
    remedy: 'Schaffen Sie Platz: der erste Abruf von 100.000 Telefonen braucht rund 700 MB.',
  },
  'space.none': {
    says: 'keiner',
    remedy: 'Schaffen Sie Platz auf diesem Datenträger, oder nehmen Sie einen anderen.',
  },
  'space.untold': { says: 'nicht gesagt' },
  // secrets
  'secrets.good': { says: 'brauchbar' },
  'secrets.short': {
    says: 'zu kurz',
    remedy: 'Nehmen Sie 16 zufällige Zeichen oder mehr; oder lassen Sie das Feld leer.',
  },
  // any step
  'does-not-apply': { says: 'trifft nicht zu' },
  'not-reached': { says: 'nicht erreicht' },
};
