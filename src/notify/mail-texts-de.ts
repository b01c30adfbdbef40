import type { MailTexts } from './mail-words.ts';

export const MAIL_TEXTS_DE: MailTexts = {
  dir: 'ltr',
  greeting: 'Guten Tag {{user.name}},',
  greetingWithoutName: 'Guten Tag,',
  reminder: 'Dies ist eine Erinnerung: Das Gerät ist noch gesperrt.',
  reminderSubject: 'Erinnerung: ',
  device: 'Gerät',
  deviceId: 'Geräte-ID',
  blockedAt: 'Gesperrt',
  whatToDo: 'Was zu tun ist',
  scan: 'Lesen Sie das am Computer? Richten Sie die Kamera des Geräts auf diesen Code und machen Sie dort weiter:',
  qr: 'QR-Code mit dem Link für das Gerät',
  orOnDevice: 'Oder ohne den Code:',
  typeLink: 'Öffnen Sie auf dem Gerät diese Adresse; sie ist kurz genug zum Eintippen:',
  copyLink: 'Wenn die Schaltfläche nicht funktioniert, geben Sie diese Adresse im Browser des Geräts ein:',
  expires: 'Der Link gilt nur für dieses Gerät und bis {{linkExpires}}. Geben Sie ihn nicht weiter.',
  others: 'Diese Geräte von Ihnen sind aus demselben Grund gesperrt:',
  othersWithLinks: 'Auch diese Geräte von Ihnen warten. Jedes hat einen eigenen Link:',
  helpDesk: 'Fragen? Helpdesk: {{helpDesk}}',
  app: 'Die App der Geräteverwaltung heißt {{app}}. Fehlt sie auf dem Gerät noch, holen Sie sie hier:',
  appButton: '{{app}} holen',
  exchangeMail:
    'Vielleicht hat Ihnen auch Exchange eine E-Mail zu diesem Gerät geschickt. Sie enthält keinen Link; was zu tun ist, steht hier.',
  notMe:
    'Wenn Sie dieses Gerät nicht kennen, tun Sie nichts und sagen Sie es Ihrem Helpdesk: Jemand könnte Ihr Kennwort kennen.',
  password: 'Wir fragen nie per E-Mail nach Ihrem Kennwort.',
  passwordPage: 'Auch die Seite hinter dem Link fragt nicht danach.',
  automatic: 'Diese E-Mail wurde automatisch von {{sender}} gesendet.',
  mails: {
    'not-enrolled': {
      subject: 'Gerät anmelden, um Firmen-E-Mail zu erhalten',
      preheader: 'E-Mail auf Ihrem neuen Gerät wartet auf die Anmeldung. Das dauert wenige Minuten.',
      title: 'Melden Sie Ihr Gerät an',
      lead: 'Jemand, wahrscheinlich Sie selbst, hat Ihr Firmenpostfach auf einem Gerät eingerichtet, das die Firma nicht verwaltet. E-Mail ist darauf gesperrt, bis das Gerät angemeldet ist.',
      steps: [
        'Öffnen Sie diese E-Mail auf dem Gerät selbst, zum Beispiel mit Webmail in seinem Browser.',
        'Öffnen Sie den Link unten und bestätigen Sie, dass es Ihr Gerät ist.',
        'Melden Sie das Gerät in der Geräteverwaltung an, wie es die nächste Seite sagt.',
      ],
      button: 'Dieses Gerät anmelden',
      target: 'link',
      after:
        'Einige Minuten nach der Anmeldung kommen E-Mails von selbst an. Bis dahin erhält das Gerät keine; E-Mail an Ihrem Computer ist nicht betroffen.',
    },
    'no-longer-managed': {
      subject: 'Ihr Gerät wird nicht mehr verwaltet: bitte neu anmelden',
      preheader: 'Ihr Gerät ist nicht mehr in der Geräteverwaltung. Nach der Anmeldung kommen E-Mails.',
      title: 'Melden Sie Ihr Gerät wieder an',
      lead: 'Ihr Gerät wurde von der Firma verwaltet und wird es nicht mehr, zum Beispiel weil es aus der Geräteverwaltung entfernt oder neu eingerichtet wurde. E-Mail ist darauf gesperrt, bis es wieder angemeldet ist.',
      steps: [
        'Öffnen Sie diese E-Mail auf dem Gerät selbst, zum Beispiel mit Webmail in seinem Browser.',
        'Öffnen Sie den Link unten und bestätigen Sie, dass es Ihr Gerät ist.',
        'Melden Sie das Gerät wieder in der Geräteverwaltung an, wie es die nächste Seite sagt.',
      ],
      button: 'Dieses Gerät wieder anmelden',
      target: 'link',
      after:
        'Einige Minuten nach der Anmeldung kommen E-Mails von selbst an. Wenn Sie dieses Gerät nicht mehr benutzen, ist nichts zu tun; E-Mail an Ihrem Computer ist nicht betroffen.',
    },
    'needs-activation': {
      subject: 'Noch ein Schritt zu Firmen-E-Mail auf Ihrem Gerät',
      preheader: 'Ihr Gerät ist angemeldet. Wir müssen nur wissen, dass es das mit Ihrer E-Mail ist.',
      title: 'Bestätigen Sie Ihr Gerät',
      lead: 'Ihr Gerät ist angemeldet, sagt uns aber nicht, dass es dasjenige ist, auf dem Sie Ihr Postfach eingerichtet haben. E-Mail ist darauf gesperrt, bis Sie das bestätigen.',
      steps: [
        'Öffnen Sie diese E-Mail auf dem Gerät selbst, zum Beispiel mit Webmail in seinem Browser.',
        'Öffnen Sie den Link unten und bestätigen Sie, dass es Ihr Gerät ist.',
      ],
      button: 'Dieses Gerät bestätigen',
      target: 'link',
      after:
        'Einige Minuten danach kommen E-Mails von selbst an. Bis dahin erhält das Gerät keine; E-Mail an Ihrem Computer ist nicht betroffen.',
    },
    'not-native-client': {
      subject: 'Diese Mail-App geht nicht für Firmen-E-Mail',
      preheader: 'Firmen-E-Mail geht mit der Mail-App des Geräts. So stellen Sie um.',
      title: 'Bitte nehmen Sie die Mail-App des Geräts',
      lead: 'Ihr Firmenpostfach wurde in einer Mail-App eingerichtet, die sich keinem verwalteten Gerät zuordnen lässt. E-Mail ist in dieser App gesperrt; das bleibt so, auch wenn das Gerät angemeldet ist.',
      steps: [
        'Entfernen Sie das Firmenkonto aus dieser App.',
        'Richten Sie das Konto in der Mail-App des Geräts ein (auf einem iPhone: Einstellungen, Mail, Accounts).',
        'Ist das Gerät noch nicht angemeldet, sagt Ihnen dann eine E-Mail, wie das geht.',
      ],
      button: null,
      target: 'enrollUrl',
      after:
        'E-Mail auf Ihren anderen Geräten ist nicht betroffen. Wenn Sie diese App brauchen, fragen Sie Ihren Helpdesk.',
    },
    'not-a-phone': {
      subject: 'Dieses Programm geht nicht für Firmen-E-Mail',
      preheader: 'Ein Programm auf einem Computer wurde wie ein Telefon mit Firmen-E-Mail verbunden.',
      title: 'Bitte nehmen Sie ein anderes Programm für Firmen-E-Mail',
      lead: 'Ihr Firmenpostfach wurde in einem Programm auf einem Computer eingerichtet, das sich wie ein Telefon damit verbindet. So dürfen sich nur verwaltete Telefone und Tablets verbinden, und dieses Programm lässt sich nicht anmelden. E-Mail ist darin gesperrt.',
      steps: [
        'Entfernen Sie das Firmenkonto aus diesem Programm.',
        'Lesen Sie Ihre E-Mail am Computer mit Webmail oder mit dem Mailprogramm, das die Firma bereitstellt.',
      ],
      button: null,
      target: 'enrollUrl',
      after:
        'E-Mail auf Ihrem Telefon und in anderen Programmen ist nicht betroffen. Wenn Sie dieses Programm brauchen, fragen Sie Ihren Helpdesk.',
    },
    noncompliant: {
      subject: 'Ihr Gerät muss in Ordnung gebracht werden, um Firmen-E-Mail zu erhalten',
      preheader: 'Ihr Gerät erfüllt eine Regel der Firma nicht. Danach kommen wieder E-Mails an.',
      title: 'Ihr Gerät erfüllt eine Regel der Firma nicht',
      lead: 'Ihr Gerät ist angemeldet, erfüllt aber nicht alle Regeln der Firma, zum Beispiel wegen eines veralteten Systems oder fehlender Bildschirmsperre. E-Mail ist darauf gesperrt, bis es sie erfüllt.',
      steps: [
        'Öffnen Sie auf dem Gerät die App der Geräteverwaltung; sie zeigt, was in Ordnung zu bringen ist.',
        'Bringen Sie es in Ordnung und lassen Sie die App das Gerät noch einmal prüfen.',
      ],
      button: 'Geräteverwaltung öffnen',
      target: 'enrollUrl',
      after:
        'Einige Minuten, nachdem das Gerät die Regeln erfüllt, kommen E-Mails von selbst an. E-Mail an Ihrem Computer ist nicht betroffen.',
    },
  },
};
