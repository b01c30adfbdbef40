/** What is said of a match, in German; the same codes with the same places as in English. `{day…}` has its preposition. */
import type { MatchSaying } from './sayings-en.ts';

export const MATCH_SAYINGS_DE: Readonly<Record<MatchSaying, string>> = {
  merged: 'Exchange und das MDM kennen dieses Gerät.',
  'no-match': 'Keine Regel passte.',
  more: '… und {count} weitere.',
  // ── what it was merged by ─────────────────────────────────────────────────
  'same-user': 'Die EAS-ID {easId} ist die, die das MDM für „{name}“ hat, registriert {day}.',
  'other-user-merged':
    'Die EAS-ID {easId} ist die, die das MDM für „{name}“ hat, registriert {day}, unter einem anderen Benutzer ({user}).',
  're-enrolled':
    '„{name}“, registriert {day}, ist das Gerät mit der EAS-ID {easId}, neu registriert: Seriennummer oder IMEI sind dieselben, und die EAS-ID meldet es noch nicht.',
  activated:
    'Der Link für die EAS-ID {easId} wurde {day} geöffnet; „{name}“, registriert {day2} und damit danach, ist das einzige Gerät dieses Benutzers, das passt.',
  'activated-late':
    'Der Link für die EAS-ID {easId} wurde {day} geöffnet; „{name}“, registriert {day2} und damit davor, ist das einzige Gerät dieses Benutzers, das passt.',
  paired: 'Ein Administrator hat die EAS-ID {easId} mit „{name}“ gepaart, registriert {day}.',
  serial:
    'Die EAS-ID {easId} enthält die Seriennummer {serial} von „{name}“, registriert {day}, das sie als Einziges hat.',
  imei: 'Die IMEI {imei} ist die von „{name}“, registriert {day}, das sie als Einziges hat.',
  'also.other-user': 'Das MDM hat diese EAS-ID auch unter einem anderen Benutzer ({user}): „{name}“.',
  also: 'Das MDM hat mit dieser EAS-ID auch „{name}“, zuletzt gesehen {day}; es zählt das zuletzt gesehene.',
  left: 'Das MDM hat die EAS-ID für „{name}“, registriert {day}.',
  platforms: 'Bitte ansehen: Exchange sieht {platform}, das MDM {platform2}.',
  // ── why it was not ────────────────────────────────────────────────────────
  'other-user': 'Das MDM hat die EAS-ID {easId} unter einem anderen Benutzer.',
  'other-user.nobody':
    'Das MDM hat die EAS-ID {easId} auf einem Gerät ohne Benutzer, wie es Kiosk- und gemeinsam genutzte Geräte sind.',
  'other-user.bare':
    'Das MDM hat die EAS-ID {easId} unter dem Benutzernamen {name}, der keine Domäne hat: ob das der Benutzer dieses Postfachs ist, lässt sich nicht sagen.',
  'activation-several': 'Der Link wurde geöffnet, und mehrere registrierte Geräte dieses Benutzers passen.',
  'activation-contested':
    'Der Link wurde für mehrere Mailkonten dieses Benutzers geöffnet, und ein registriertes Gerät passt zu allen.',
  'activation-contradiction':
    'Der Link wurde geöffnet, aber das registrierte Gerät dieses Benutzers hat ein anderes Modell oder eine andere Plattform.',
  'seen-last-untold':
    'Das MDM hat diese EAS-ID bei mehreren Geräten, deren Konformität sich unterscheidet, und sagt nicht, welches es zuletzt gesehen hat.',
  're-enrolled-maybe':
    'Das MDM hat diese EAS-ID für ein nicht konformes Gerät, und sein Benutzer hat seitdem eines desselben Modells registriert: es kann dasselbe sein.',
  'enrolled-anew':
    'Sein Benutzer hat ein weiteres registriertes Gerät mit der Seriennummer oder IMEI desjenigen, mit dem es verbunden war: das Telefon wurde neu registriert. Ob dieses Konto noch darauf ist, ist noch nicht bekannt.',
  'partnership-contradiction':
    'Exchange hat in diesem Postfach {count} Partnerschaften mit der EAS-ID {easId}, und nicht alle sind das Gerät, das das MDM darunter hat.',
  'hardware-several': 'Die Seriennummer oder IMEI ist nicht eindeutig.',
  'hardware-apart': 'Die Seriennummer ist die eines Geräts im MDM, und die IMEI die eines anderen.',
  'mdm-missing': 'Es gibt keinen vollständigen Abruf des MDM.',
  'mdm-stale': 'Der letzte vollständige Abruf des MDM ist zu alt.',
  'first-sync-unknown':
    'Exchange sagt nicht, wann dieses Gerät zuerst synchronisiert hat; der Abruf des MDM kann also älter sein als das Gerät.',
  'first-sync-unknown.future':
    'Exchange sagt, dass dieses Gerät zuerst am {time} synchronisiert hat, und das liegt in der Zukunft; der Abruf des MDM kann also älter sein als das Gerät.',
  'newer-than-mdm':
    'Das Gerät hat zuerst am {time} synchronisiert, nachdem der Abruf des MDM begonnen hatte; es kann seitdem registriert sein.',
  superseded:
    'Das Gerät hat in diesem Postfach ein neueres Konto: sein MDM-Datensatz meldet jetzt die EAS-ID {movedTo} und {easId} nicht mehr.',
  'account-left':
    'Das Postfach hat ein neueres Konto dieses Modells, {other}, und {easId} hat nicht mehr zu synchronisieren versucht, seit jenes hinzukam.',
  'account-passed':
    'Der MDM-Datensatz ist auf ein neueres Konto dieses Modells übergegangen, {other}: dessen Link wurde seitdem geöffnet, und {easId} hat nicht mehr zu synchronisieren versucht.',
  'account-lost':
    'Der Link eines anderen Kontos dieses Modells, {other}, wurde später geöffnet als der von diesem, und der MDM-Datensatz ist auf jenes übergegangen. Exchange sagt nicht, welches von beiden benutzt wird.',
  'account-unclear':
    'Der Link wurde {day} geöffnet, aber das passende registrierte Gerät gehört zu {other}, einem älteren Konto dieses Modells. Exchange wird gefragt, ob jenes noch benutzt wird.',
  'account-asked':
    'Der Link eines älteren Kontos dieses Modells wurde geöffnet. Exchange wird gefragt, ob jenes noch benutzt wird; wenn nicht, zählt er für dieses.',
  'foreign-id':
    'Das MDM hat die EAS-ID {easId} für das Gerät eines anderen Benutzers, von anderer Plattform oder anderem Modell: dieses ist es nicht, und kein registriertes Gerät dieses Benutzers passt.',
  'other-client': '{name} ist nicht die Mail-App der Plattform, das MDM kann die EAS-ID also nicht kennen.',
  'other-client.unnamed':
    'Der Client „{name}“ ist nicht die Mail-App der Plattform, das MDM kann die EAS-ID also nicht kennen.',
  returned: 'Ein bekanntes Gerät scheint mit neuer EAS-ID zurück zu sein: sie war {other} und ist jetzt {easId}.',
  'returned-again':
    'Es wäre ein bekanntes Gerät mit neuer EAS-ID, aber binnen 30 Tagen um sein erstes Synchronisieren wurde das schon von einem anderen angenommen.',
  'waits-for-link':
    'Ein registriertes Android-Gerät dieses Benutzers wartet auf den Link: es meldet seine EAS-ID nicht.',
  'activation-late':
    'Der Link wurde geöffnet, nachdem dieses Gerät registriert war, und das MDM nennt die EAS-IDs von iPhones und iPads, aber nicht diese.',
  'activation-taken':
    'Der Link wurde {day} geöffnet, aber das passende registrierte Gerät gehört zur EAS-ID {other}, deren Link auch geöffnet wurde.',
  'activation-waits':
    'Der Link wurde {day} geöffnet, aber binnen 14 Tagen danach wurde kein passendes Gerät dieses Benutzers registriert.',
  'no-device': 'Kein registriertes Gerät dieses Benutzers passt.',
  // ── records beside ────────────────────────────────────────────────────────
  'beside.other-user': 'Sie gehört zu {user}: „{name}“, registriert {day}.',
  'beside.by-id': 'Es war eins mit „{name}“, registriert {day}, durch seine EAS-ID.',
  'beside.by-link': 'Es war eins mit „{name}“, registriert {day}, durch seinen Link.',
  'beside.partnerships': 'Das MDM hat „{name}“, {model}; Exchange hat {partnerships}.',
  'beside.foreign': 'Sie gehört zu {user}: „{name}“, {model}. Exchange sieht {model2}.',
  'beside.taken': 'Vergeben: „{name}“, registriert {day}.',
  'beside.waits': '„{name}“, registriert {day}, wartet auf den Link.',
  'beside.former': 'Das MDM hat die frühere EAS-ID noch für „{name}“, registriert {day}.',
  'beside.candidate': 'In Frage kommt: „{name}“, registriert {day}.',
  // ── suggestions ───────────────────────────────────────────────────────────
  'suggested.serial': 'Seine Seriennummer ist Teil der EAS-ID.',
  'suggested.imei': 'Es hat dieselbe IMEI.',
  'suggested.candidate': 'Es kommt in Frage.',
  'suggested.alike': 'Gleicher Benutzer, gleiche Plattform, gleiches Modell.',
};
