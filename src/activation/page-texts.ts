/** The words of the activation pages, language by language. A new language is one more entry. */

export interface PageTexts {
  readonly dir: 'ltr' | 'rtl';
  readonly confirm: {
    readonly title: string;
    readonly lead: string;
    readonly check: string;
    readonly button: string;
    /** The same where the page was opened elsewhere than on the device, and above the device there. */
    readonly leadElsewhere: string;
    readonly orHere: string;
    readonly after: string;
  };
  readonly done: {
    readonly title: string;
    readonly lead: string;
    readonly button: string;
    /** Where the page was opened elsewhere, as far as anybody knows. */
    readonly buttonElsewhere: string;
    /** `{app}` is its name. */
    readonly app: string;
    readonly appButton: string;
    readonly after: string;
  };
  readonly free: { readonly title: string; readonly lead: string; readonly after: string };
  readonly known: { readonly title: string; readonly lead: string; readonly after: string };
  readonly expired: {
    readonly title: string;
    /** Where no other link can be had. */
    readonly lead: string;
    /** Above the button that has a fresh link sent, and after it was pressed. */
    readonly offer: string;
    readonly button: string;
    readonly sent: string;
    readonly after: string;
  };
  readonly invalid: { readonly title: string; readonly lead: string; readonly after: string };
  readonly unavailable: { readonly title: string; readonly lead: string; readonly after: string };
  /** Above the code, and what it is, for whom cannot see it. */
  readonly scan: string;
  readonly qr: string;
  /** Where there is no code. */
  readonly openThere: string;
  readonly otherPhone: string;
  readonly device: string;
  readonly deviceId: string;
  readonly mailbox: string;
  readonly help: string;
}

export const PAGE_TEXTS: Readonly<Record<string, PageTexts>> = {
  en: {
    dir: 'ltr',
    confirm: {
      title: 'Confirm your phone',
      lead: 'Company mail on this phone waits for your confirmation.',
      check: 'Please open this page on the phone itself and check that this is it:',
      button: 'This is my phone, continue',
      leadElsewhere: 'Company mail on a phone of yours waits for your confirmation.',
      orHere: 'If the phone cannot open it, check that this is your phone, and confirm it here:',
      after:
        'If you do not know this phone, do not continue and tell your help desk. We never ask for your password here.',
    },
    done: {
      title: 'Phone confirmed',
      lead: 'Thank you. One step is left: enroll the phone in device management. Mail starts some minutes after that.',
      button: 'Enroll this phone',
      buttonElsewhere: 'This is the phone: enroll it',
      app: 'The app for device management is called {app}. If it is not on the phone yet, install it first.',
      appButton: 'Get {app}',
      after: 'Already enrolled? Then there is nothing left to do; mail starts within some minutes.',
    },
    free: {
      title: 'Nothing is to be done',
      lead: 'Company mail is allowed on this phone. There is nothing to confirm.',
      after: 'If the phone gets no mail although its account is set up, ask your help desk.',
    },
    known: {
      title: 'Nothing is to be confirmed',
      lead: 'We know this phone. Mail starts within some minutes if it meets the rules of the company.',
      after: 'If no mail comes, open the device management app on the phone; it shows what is to be put right.',
    },
    expired: {
      title: 'This link is too old',
      lead: 'Links are good for a limited time. Please use the link in the newest mail.',
      offer: 'Links are good for a limited time. We can send a new one to the mailbox of this phone.',
      button: 'Send a new link',
      sent: 'A mail with a new link is on its way to the mailbox of this phone, or is there already. Please use the link in the newest mail.',
      after: 'If mail already works on the phone, there is nothing to do.',
    },
    invalid: {
      title: 'This link does not work',
      lead: 'The link is damaged or was not made here. Please open it from the mail again, complete, or copy all of it.',
      after: 'If that does not help, ask your help desk.',
    },
    unavailable: {
      title: 'Please try again later',
      lead: 'Your confirmation could not be kept just now. Nothing is lost: the link stays good.',
      after: 'If this page comes again in ten minutes, ask your help desk.',
    },
    scan: 'Point the camera of the phone at this code. The page opens on it, and you go on there.',
    qr: 'QR code with the address of this page',
    openThere: 'Please open this page on the phone itself.',
    otherPhone: 'This link is for another device than the one in your hand.',
    device: 'Device',
    deviceId: 'Device ID',
    mailbox: 'Mailbox',
    help: 'Help desk',
  },
  de: {
    dir: 'ltr',
    confirm: {
      title: 'Telefon bestätigen',
      lead: 'Die Firmen-E-Mail auf diesem Telefon wartet auf Ihre Bestätigung.',
      check: 'Bitte öffnen Sie diese Seite auf dem Telefon selbst und prüfen Sie, ob es dieses ist:',
      button: 'Das ist mein Telefon, weiter',
      leadElsewhere: 'Die Firmen-E-Mail auf einem Ihrer Telefone wartet auf Ihre Bestätigung.',
      orHere: 'Öffnet das Telefon sie nicht, prüfen Sie, ob das Ihr Telefon ist, und bestätigen Sie es hier:',
      after:
        'Wenn Sie dieses Telefon nicht kennen, gehen Sie nicht weiter und sagen Sie es Ihrem Helpdesk. Nach Ihrem Kennwort fragen wir hier nie.',
    },
    done: {
      title: 'Telefon bestätigt',
      lead: 'Danke. Ein Schritt fehlt noch: Melden Sie das Telefon in der Geräteverwaltung an. Einige Minuten danach kommen E-Mails an.',
      button: 'Dieses Telefon anmelden',
      buttonElsewhere: 'Das ist das Telefon: anmelden',
      app: 'Die App der Geräteverwaltung heißt {app}. Fehlt sie auf dem Telefon noch, installieren Sie sie zuerst.',
      appButton: '{app} holen',
      after: 'Schon angemeldet? Dann ist nichts mehr zu tun; in einigen Minuten kommen E-Mails an.',
    },
    free: {
      title: 'Es ist nichts zu tun',
      lead: 'Firmen-E-Mail ist auf diesem Telefon erlaubt. Es gibt nichts zu bestätigen.',
      after: 'Kommen auf dem Telefon keine E-Mails an, obwohl das Konto eingerichtet ist, fragen Sie Ihren Helpdesk.',
    },
    known: {
      title: 'Es ist nichts zu bestätigen',
      lead: 'Wir kennen dieses Telefon. In einigen Minuten kommen E-Mails an, wenn es die Regeln der Firma erfüllt.',
      after:
        'Kommen keine E-Mails an, öffnen Sie auf dem Telefon die App der Geräteverwaltung; sie zeigt, was in Ordnung zu bringen ist.',
    },
    expired: {
      title: 'Dieser Link ist zu alt',
      lead: 'Links gelten nur eine begrenzte Zeit. Bitte nehmen Sie den Link aus der neuesten E-Mail.',
      offer: 'Links gelten nur eine begrenzte Zeit. Wir können einen neuen an das Postfach dieses Telefons senden.',
      button: 'Neuen Link senden',
      sent: 'Eine E-Mail mit einem neuen Link ist unterwegs an das Postfach dieses Telefons oder schon dort. Bitte nehmen Sie den Link aus der neuesten E-Mail.',
      after: 'Wenn E-Mail auf dem Telefon schon funktioniert, ist nichts zu tun.',
    },
    invalid: {
      title: 'Dieser Link funktioniert nicht',
      lead: 'Der Link ist beschädigt oder wurde nicht hier erstellt. Bitte öffnen Sie ihn noch einmal vollständig aus der E-Mail.',
      after: 'Hilft das nicht, fragen Sie Ihren Helpdesk.',
    },
    unavailable: {
      title: 'Bitte später noch einmal',
      lead: 'Ihre Bestätigung konnte gerade nicht gespeichert werden. Es ist nichts verloren: Der Link bleibt gültig.',
      after: 'Kommt diese Seite in zehn Minuten wieder, fragen Sie Ihren Helpdesk.',
    },
    scan: 'Richten Sie die Kamera des Telefons auf diesen Code. Die Seite öffnet sich dort, und Sie gehen dort weiter.',
    qr: 'QR-Code mit der Adresse dieser Seite',
    openThere: 'Bitte öffnen Sie diese Seite auf dem Telefon selbst.',
    otherPhone: 'Dieser Link ist für ein anderes Gerät als das in Ihrer Hand.',
    device: 'Gerät',
    deviceId: 'Geräte-ID',
    mailbox: 'Postfach',
    help: 'Helpdesk',
  },
};
