/**
 * The words of the checklist before an access switch enforces, in the editor's languages. `{name}` is filled in with what was
 * seen; `{age}` with how long ago it was. A test holds that every line of the table has its words in both.
 */
import type { LineId, LineState } from '../../access/readiness.ts';

/** Languages in which the checklist can be read. */
export type ReadinessLanguage = 'en' | 'de';

/** One thing that is looked at. */
interface LineWords {
  readonly title: string;
  /** What was seen, by its code. */
  readonly seen: Readonly<Record<string, string>>;
  /** What to do about it, by the same codes; one that has none is well. */
  readonly remedy: Readonly<Record<string, string>>;
}

export interface ReadinessWords {
  readonly lines: Readonly<Record<LineId, LineWords>>;
  /** All lines together. */
  readonly all: Readonly<Record<LineState, string>>;
  /** Nodes that nobody has named. */
  readonly nodes: Readonly<Record<'enrollment-notifier' | 'activation-link', string>>;
  /** Whoever is not signed in. */
  readonly somebody: string;
  /** What is asked before Enforce is chosen; `{count}` phones, `{why}` by reason. */
  readonly question: Readonly<
    Record<'none' | 'one' | 'some' | 'never' | 'changed' | 'old' | 'held' | 'open' | 'enforce', string>
  >;
  /** What somebody says who confirms a link address. */
  readonly confirm: string;
  /** Reasons that rules do not choose by. */
  readonly reasons: Readonly<Record<string, string>>;
}

const DRY_RUN = 'Press “dry run” in the flow, wait until it has ended, and open this again.';
const PROBELAUF =
  'Drücken Sie im Flow den Knopf für den Probelauf, warten Sie sein Ende ab, und öffnen Sie dies erneut.';

export const READINESS_WORDS: Readonly<Record<ReadinessLanguage, ReadinessWords>> = {
  en: {
    lines: {
      sides: {
        title: 'Exchange and MDM',
        seen: {
          'no-mdm': 'No MDM source is deployed: every phone looks unmanaged.',
          'mixed-real': 'Exchange is real, and {names} is simulated: nothing would be written.',
          'mixed-simulated': 'Exchange is simulated, and {names} is real: nothing would be written.',
          simulated: 'Both are simulated: no real phone is blocked.',
          fed: 'Exchange is real. {names} gets its records from the flow; where those come from is not known.',
          real: 'Both are real.',
        },
        remedy: {
          'no-mdm': 'Deploy an MDM source with the store of this switch.',
          'mixed-real': 'Choose a real tenant in the MDM source.',
          'mixed-simulated': 'Choose a real Exchange server here, or a simulated tenant in the MDM source.',
          simulated: 'Good for trying it out. For real phones choose a real Exchange server and a real tenant.',
        },
      },
      reading: {
        title: 'Reading',
        seen: {
          never: 'It was never read to its end.',
          gone: 'No MDM source on the canvas reads it since {day}, and its records still count: {records}. Nobody would be blocked.',
          doubted: 'Read whole {age}, records: {records}. It is in doubt ({code}): nobody would be blocked by it.',
          old: 'Read whole {age}, records: {records}. That is too old to block by.',
          failed: 'Read whole {age}, records: {records}. The last try failed ({code}).',
          gaps: 'Read whole {age}, records: {records}. The server could not give {gaps} of them.',
          whole: 'Read whole {age}, records: {records}.',
        },
        remedy: {
          never: 'Start a full sync. If its source is red, its status and docs/errors.md say why.',
          gone: 'Put the source back, or enable it. If it is gone for good, press “Forget its reading” in the overview of the console, and then “dry run”.',
          doubted: 'The tab “Check” says what is in doubt. If it is right all the same, approve the plan that is held.',
          old: 'Start a full sync, and see that an inject node starts one every day.',
          failed: 'Look at the status of its source, mend that, and start a full sync.',
          gaps: 'Their mailboxes are left as they are. The report of the dry run names them.',
        },
      },
      mail: {
        title: 'Mail',
        seen: {
          heard: 'A notifier has proven that its mails go out.',
          unproven: 'It is not proven that mails go out. {said}',
          unheard: 'No notifier can mail anybody. {said}',
          elsewhere:
            'The only notifiers have another connector store ({names}): blocks do not wait for their mails, and of their links this switch hears nothing.',
          nobody: 'No notifier is deployed: nobody is told why the phone is blocked.',
        },
        remedy: {
          unproven: 'Send the topic check to the notifier and follow what it says.',
          unheard:
            'Send the topic check to the notifier and follow what it says. Until then blocks wait for their mail.',
          elsewhere:
            'Choose the store of this switch in “Store” of the notifier, unless users of this Exchange hear of it otherwise.',
          nobody: 'Deploy a notifier with the store of this switch, unless users hear of it otherwise.',
        },
      },
      link: {
        title: 'Link address',
        seen: {
          'no-notifier': 'No notifier is deployed, so there is no link.',
          'page-elsewhere':
            'The only activation links have another connector store ({names}): they refuse the links of this one.',
          'no-address': 'A notifier has no link address: its mails cannot be written.',
          'only-here': 'This is no https address: no phone gets there.',
          confirmed: 'Confirmed by {by} on {day}: phones reach it.',
          changed: 'Nobody has confirmed this address. It was {before} that was confirmed.',
          unconfirmed: 'Whether phones reach it from outside nothing here can see.',
        },
        remedy: {
          'no-notifier': 'Deploy a notifier with the store of this switch, unless users hear of it otherwise.',
          'page-elsewhere':
            'Choose the store of this switch in “Store” of the activation link, unless the page of this store runs on another machine.',
          'no-address': 'Enter “Link address” in the notifier.',
          'only-here': 'Enter the https address of the proxy before Node-RED in “Link address” of the notifier.',
          changed: 'Open it on a phone that is not in your network, then confirm it here.',
          unconfirmed: 'Open it on a phone that is not in your network, then confirm it here.',
        },
      },
      'enrollment-page': {
        title: 'Enrollment page',
        seen: {
          nobody: 'Neither a notifier nor an activation link is deployed.',
          missing: 'It is not entered in {names}: users are not told where to enroll.',
          set: 'Mails and the page behind their link say where to enroll.',
        },
        remedy: {
          nobody: 'Deploy a notifier and an activation link with the store of this switch.',
          missing: 'Enter “Enrollment page” there.',
        },
      },
      'help-desk': {
        title: 'Help desk',
        seen: {
          nobody: 'Neither a notifier nor an activation link is deployed.',
          missing: 'It is not entered in {names}: users are not told whom to ask.',
          set: 'Mails and the page behind their link say whom to ask.',
        },
        remedy: {
          nobody: 'Deploy a notifier and an activation link with the store of this switch.',
          missing: 'Enter “Help desk” there.',
        },
      },
      blocks: {
        title: 'Phones that would be blocked',
        seen: {
          never: 'Not known: there was no dry run.',
          changed: 'Not known: since the last dry run ({age}: {count}) other settings were chosen.',
          old: 'Not known: the last dry run is old ({age}: {count}).',
          none: 'None, by the dry run {age}.',
          some: '{count}, by the dry run {age}: {why}.',
        },
        remedy: {
          never: DRY_RUN,
          changed: `Deploy the settings in the mode “Simulate”. ${DRY_RUN}`,
          old: DRY_RUN,
          some: 'The tab “Simulation” names examples. “Switch-on: gentle” spares phones in use for some days.',
        },
      },
      brake: {
        title: 'Brake',
        seen: {
          open: 'It lets every mailbox lose access in one sync.',
          'no-dry-run':
            'It allows {percent} % of the mailboxes a sync, at least {count}. What it would hold is not known.',
          holds: 'It allows {percent} % of the mailboxes a sync, at least {count}, and would hold {held} changes.',
          held: 'A sync would hold {held} changes ({code}).',
          within: 'It allows {percent} % of the mailboxes a sync, at least {count}, and would hold nothing.',
        },
        remedy: {
          open: 'Set a smaller percentage, so that a mistake does not reach everybody.',
          'no-dry-run': DRY_RUN,
          holds: 'They wait until somebody approves the plan: in the console, in the sidebar or by the topic approve.',
          held: 'They wait until somebody approves the plan. The tab “Check” says what is wrong.',
        },
      },
      compliance: {
        title: 'Merged devices of unknown compliance',
        seen: {
          'no-dry-run': 'Not known: no dry run has counted them.',
          none: 'None, by the dry run {age}.',
          some: '{count}, by the dry run {age}. As the default rules have it they stay as they are: one that is blocked stays blocked.',
        },
        remedy: {
          'no-dry-run': DRY_RUN,
          some: 'If the MDM knows no compliance, set “Compliance” of its source to “managed is enough”; else see to its policies.',
        },
      },
    },
    all: {
      ok: 'Nothing speaks against enforcing.',
      warn: 'Nothing is missing. Look at what is to be known.',
      unknown: 'Not everything is known yet.',
      no: 'Something is missing.',
    },
    nodes: { 'enrollment-notifier': 'notifier', 'activation-link': 'activation link' },
    somebody: 'someone not signed in',
    question: {
      none: 'No phone will be blocked at the next sync.',
      one: '1 phone will be blocked at the next sync: {why}.',
      some: '{count} phones will be blocked at the next sync: {why}.',
      never: 'How many phones will be blocked at the next sync is not known: there was no dry run.',
      changed:
        'How many phones will be blocked at the next sync is not known: since the last dry run other settings were chosen.',
      old: 'How many phones will be blocked at the next sync is not known: the last dry run is older than a day.',
      held: 'Of all changes {count} are held until somebody approves them.',
      open: 'To be looked at: {titles}.',
      enforce: 'Enforce?',
    },
    confirm:
      'Did you open {address} on a phone that is not in your network (mobile data, no VPN), and did the page of the connector appear?',
    reasons: {
      noncompliant: 'not compliant',
      compliant: 'compliant',
      'in-grace': 'in grace',
      'compliance-unknown': 'compliance unknown',
      'mdm-away': 'new while the MDM was away',
      'partnership-unused': 'not used for long',
    },
  },
  de: {
    lines: {
      sides: {
        title: 'Exchange und MDM',
        seen: {
          'no-mdm': 'Keine MDM-Quelle ist übernommen: Jedes Telefon sieht unverwaltet aus.',
          'mixed-real': 'Exchange ist echt, und {names} ist simuliert: Es würde nichts geschrieben.',
          'mixed-simulated': 'Exchange ist simuliert, und {names} ist echt: Es würde nichts geschrieben.',
          simulated: 'Beide sind simuliert: Kein echtes Telefon wird gesperrt.',
          fed: 'Exchange ist echt. {names} bekommt seine Datensätze vom Flow; woher diese kommen, ist nicht bekannt.',
          real: 'Beide sind echt.',
        },
        remedy: {
          'no-mdm': 'Übernehmen Sie (deploy) eine MDM-Quelle mit dem Speicher dieses Schalters.',
          'mixed-real': 'Wählen Sie in der MDM-Quelle einen echten Mandanten.',
          'mixed-simulated':
            'Wählen Sie hier einen echten Exchange-Server, oder in der MDM-Quelle einen simulierten Mandanten.',
          simulated:
            'Gut zum Ausprobieren. Für echte Telefone wählen Sie einen echten Exchange-Server und einen echten Mandanten.',
        },
      },
      reading: {
        title: 'Abruf',
        seen: {
          never: 'Wurde nie bis zum Ende gelesen.',
          gone: 'Seit dem {day} ruft keine MDM-Quelle des Flows dies ab, und die Einträge zählen noch: {records}. Niemand würde gesperrt.',
          doubted:
            'Ganz gelesen {age}, Datensätze: {records}. Daran besteht Zweifel ({code}): Danach würde niemand gesperrt.',
          old: 'Ganz gelesen {age}, Datensätze: {records}. Das ist zu alt, um danach zu sperren.',
          failed: 'Ganz gelesen {age}, Datensätze: {records}. Der letzte Versuch ist gescheitert ({code}).',
          gaps: 'Ganz gelesen {age}, Datensätze: {records}. Davon konnte der Server {gaps} nicht nennen.',
          whole: 'Ganz gelesen {age}, Datensätze: {records}.',
        },
        remedy: {
          never: 'Starten Sie einen vollen Abgleich. Ist die Quelle rot, sagen ihr Status und docs/errors.md, warum.',
          gone: 'Setzen Sie die Quelle wieder ein, oder aktivieren Sie sie. Ist sie für immer fort, drücken Sie „Abruf vergessen“ in der Übersicht der Konsole, und dann den Knopf für den Probelauf.',
          doubted:
            'Der Reiter „Prüfen“ sagt, was zweifelhaft ist. Stimmt es dennoch, genehmigen Sie den zurückgehaltenen Plan.',
          old: 'Starten Sie einen vollen Abgleich, und sorgen Sie dafür, dass ein Inject-Node täglich einen startet.',
          failed: 'Sehen Sie den Status der Quelle an, beheben Sie das, und starten Sie einen vollen Abgleich.',
          gaps: 'Deren Postfächer bleiben, wie sie sind. Der Bericht des Probelaufs nennt sie.',
        },
      },
      mail: {
        title: 'E-Mail',
        seen: {
          heard: 'Eine Benachrichtigung hat bewiesen, dass ihre E-Mails hinausgehen.',
          unproven: 'Es ist nicht bewiesen, dass E-Mails hinausgehen. {said}',
          unheard: 'Keine Benachrichtigung kann jemanden anschreiben. {said}',
          elsewhere:
            'Die einzigen Benachrichtigungen haben einen anderen Speicher ({names}): Sperren warten nicht auf deren E-Mails, und von deren Links erfährt dieser Schalter nichts.',
          nobody: 'Keine Benachrichtigung ist übernommen: Niemand erfährt, warum sein Telefon gesperrt ist.',
        },
        remedy: {
          unproven: 'Senden Sie der Benachrichtigung das Topic check, und folgen Sie dem, was sie sagt.',
          unheard:
            'Senden Sie der Benachrichtigung das Topic check, und folgen Sie dem, was sie sagt. Bis dahin warten Sperren auf ihre E-Mail.',
          elsewhere:
            'Wählen Sie in „Speicher“ der Benachrichtigung den dieses Schalters, wenn Benutzer dieses Exchange es nicht anders erfahren.',
          nobody:
            'Übernehmen Sie eine Benachrichtigung mit dem Speicher dieses Schalters, wenn Benutzer es nicht anders erfahren.',
        },
      },
      link: {
        title: 'Linkadresse',
        seen: {
          'no-notifier': 'Keine Benachrichtigung ist übernommen, es gibt also keinen Link.',
          'page-elsewhere':
            'Die einzigen Aktivierungslinks haben einen anderen Speicher ({names}): Sie weisen die Links von diesem ab.',
          'no-address': 'Eine Benachrichtigung hat keine Linkadresse: Ihre E-Mails lassen sich nicht schreiben.',
          'only-here': 'Das ist keine https-Adresse: Kein Telefon gelangt dorthin.',
          confirmed: 'Bestätigt durch {by} am {day}: Telefone erreichen sie.',
          changed: 'Diese Adresse hat niemand bestätigt. Bestätigt wurde {before}.',
          unconfirmed: 'Ob Telefone sie von außen erreichen, ist von hier aus nicht zu sehen.',
        },
        remedy: {
          'no-notifier':
            'Übernehmen Sie eine Benachrichtigung mit dem Speicher dieses Schalters, wenn Benutzer es nicht anders erfahren.',
          'page-elsewhere':
            'Wählen Sie in „Speicher“ des Aktivierungslinks den dieses Schalters, wenn die Seite zu diesem nicht auf einem anderen Rechner läuft.',
          'no-address': 'Tragen Sie in der Benachrichtigung „Linkadresse“ ein.',
          'only-here':
            'Tragen Sie die https-Adresse des Proxys vor Node-RED unter „Linkadresse“ der Benachrichtigung ein.',
          changed: 'Öffnen Sie sie auf einem Telefon, das nicht in Ihrem Netz ist, und bestätigen Sie sie dann hier.',
          unconfirmed:
            'Öffnen Sie sie auf einem Telefon, das nicht in Ihrem Netz ist, und bestätigen Sie sie dann hier.',
        },
      },
      'enrollment-page': {
        title: 'Registrierung',
        seen: {
          nobody: 'Weder eine Benachrichtigung noch ein Aktivierungslink ist übernommen.',
          missing: 'Fehlt in {names}: Benutzer erfahren nicht, wo sie ihr Telefon registrieren.',
          set: 'E-Mails und die Seite hinter ihrem Link sagen, wo man sich registriert.',
        },
        remedy: {
          nobody: 'Übernehmen Sie eine Benachrichtigung und einen Aktivierungslink mit dem Speicher dieses Schalters.',
          missing: 'Tragen Sie dort „Registrierung“ ein.',
        },
      },
      'help-desk': {
        title: 'Helpdesk',
        seen: {
          nobody: 'Weder eine Benachrichtigung noch ein Aktivierungslink ist übernommen.',
          missing: 'Fehlt in {names}: Benutzer erfahren nicht, wen sie fragen können.',
          set: 'E-Mails und die Seite hinter ihrem Link sagen, wen man fragt.',
        },
        remedy: {
          nobody: 'Übernehmen Sie eine Benachrichtigung und einen Aktivierungslink mit dem Speicher dieses Schalters.',
          missing: 'Tragen Sie dort „Helpdesk“ ein.',
        },
      },
      blocks: {
        title: 'Telefone, die gesperrt würden',
        seen: {
          never: 'Nicht bekannt: Es gab noch keinen Probelauf.',
          changed: 'Nicht bekannt: Seit dem letzten Probelauf ({age}: {count}) wurden andere Einstellungen gewählt.',
          old: 'Nicht bekannt: Der letzte Probelauf ist alt ({age}: {count}).',
          none: 'Keines, nach dem Probelauf {age}.',
          some: '{count}, nach dem Probelauf {age}: {why}.',
        },
        remedy: {
          never: PROBELAUF,
          changed: `Übernehmen Sie die Einstellungen in der Betriebsart „Simulieren“. ${PROBELAUF}`,
          old: PROBELAUF,
          some: 'Der Reiter „Simulation“ nennt Beispiele. „Einschalten: Sanft“ verschont benutzte Telefone für einige Tage.',
        },
      },
      brake: {
        title: 'Bremse',
        seen: {
          open: 'Sie lässt alle Postfächer in einem Abgleich den Zugang verlieren.',
          'no-dry-run':
            'Sie erlaubt {percent} % der Postfächer je Abgleich, mindestens {count}. Was sie zurückhielte, ist nicht bekannt.',
          holds:
            'Sie erlaubt {percent} % der Postfächer je Abgleich, mindestens {count}, und hielte {held} Änderungen zurück.',
          held: 'Ein Abgleich hielte {held} Änderungen zurück ({code}).',
          within: 'Sie erlaubt {percent} % der Postfächer je Abgleich, mindestens {count}, und hielte nichts zurück.',
        },
        remedy: {
          open: 'Setzen Sie weniger Prozent, damit ein Irrtum nicht alle trifft.',
          'no-dry-run': PROBELAUF,
          holds:
            'Sie warten, bis jemand den Plan genehmigt: in der Konsole, in der Seitenleiste oder mit dem Topic approve.',
          held: 'Sie warten, bis jemand den Plan genehmigt. Der Reiter „Prüfen“ sagt, was nicht stimmt.',
        },
      },
      compliance: {
        title: 'Zusammengeführte Geräte mit unbekannter Konformität',
        seen: {
          'no-dry-run': 'Nicht bekannt: Kein Probelauf hat sie gezählt.',
          none: 'Keine, nach dem Probelauf {age}.',
          some: '{count}, nach dem Probelauf {age}. Nach den vorgegebenen Regeln bleiben sie, wie sie sind: Was gesperrt ist, bleibt gesperrt.',
        },
        remedy: {
          'no-dry-run': PROBELAUF,
          some: 'Kennt das MDM keine Konformität, setzen Sie „Konformität“ seiner Quelle auf „verwaltet genügt“; sonst sehen Sie nach seinen Richtlinien.',
        },
      },
    },
    all: {
      ok: 'Nichts spricht gegen das Durchsetzen.',
      warn: 'Es fehlt nichts. Sehen Sie an, was zu wissen ist.',
      unknown: 'Noch ist nicht alles bekannt.',
      no: 'Etwas fehlt.',
    },
    nodes: { 'enrollment-notifier': 'Benachrichtigung', 'activation-link': 'Aktivierungslink' },
    somebody: 'jemanden ohne Anmeldung',
    question: {
      none: 'Beim nächsten Abgleich wird kein Telefon gesperrt.',
      one: 'Beim nächsten Abgleich wird 1 Telefon gesperrt: {why}.',
      some: 'Beim nächsten Abgleich werden {count} Telefone gesperrt: {why}.',
      never:
        'Wie viele Telefone beim nächsten Abgleich gesperrt werden, ist nicht bekannt: Es gab noch keinen Probelauf.',
      changed:
        'Wie viele Telefone beim nächsten Abgleich gesperrt werden, ist nicht bekannt: Seit dem letzten Probelauf wurden andere Einstellungen gewählt.',
      old: 'Wie viele Telefone beim nächsten Abgleich gesperrt werden, ist nicht bekannt: Der letzte Probelauf ist älter als ein Tag.',
      held: 'Von allen Änderungen werden {count} zurückgehalten, bis jemand sie genehmigt.',
      open: 'Anzusehen: {titles}.',
      enforce: 'Durchsetzen?',
    },
    confirm:
      'Haben Sie {address} auf einem Telefon geöffnet, das nicht in Ihrem Netz ist (mobile Daten, kein VPN), und erschien die Seite des Connectors?',
    reasons: {
      noncompliant: 'nicht konform',
      compliant: 'konform',
      'in-grace': 'in der Frist',
      'compliance-unknown': 'Konformität unbekannt',
      'mdm-away': 'neu, während das MDM fehlte',
      'partnership-unused': 'lange nicht benutzt',
    },
  },
};
