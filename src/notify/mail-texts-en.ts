import type { MailTexts } from './mail-words.ts';

export const MAIL_TEXTS_EN: MailTexts = {
  dir: 'ltr',
  greeting: 'Hello {{user.name}},',
  greetingWithoutName: 'Hello,',
  reminder: 'This is a reminder: the device is still blocked.',
  reminderSubject: 'Reminder: ',
  device: 'Device',
  deviceId: 'Device ID',
  blockedAt: 'Blocked',
  whatToDo: 'What to do',
  scan: 'Do you read this on a computer? Point the camera of the device at this code, and go on there:',
  qr: 'QR code with the link for the device',
  orOnDevice: 'Or without the code:',
  typeLink: 'Open this address on the device; it is short enough to type:',
  copyLink: 'If the button does not work, copy this address into the browser of the device:',
  expires: 'The link is for this device only and good until {{linkExpires}}. Do not pass it on.',
  others: 'These devices of yours are blocked for the same reason:',
  othersWithLinks: 'These devices of yours wait as well. Each has a link of its own:',
  helpDesk: 'Questions? Help desk: {{helpDesk}}',
  app: 'The app for device management is called {{app}}. If it is not on the device yet, get it here:',
  appButton: 'Get {{app}}',
  exchangeMail:
    'Exchange may have sent you a mail about this device as well. It has no link; what is to be done stands here.',
  notMe: 'If you do not know this device, do nothing and tell your help desk: someone may know your password.',
  password: 'We never ask for your password by mail.',
  passwordPage: 'The page behind the link does not ask for it either.',
  automatic: 'This mail was sent automatically by {{sender}}.',
  mails: {
    'not-enrolled': {
      subject: 'Enroll your device to get company mail',
      preheader: 'Mail on your new device waits until it is enrolled. It takes a few minutes.',
      title: 'Enroll your device to get mail',
      lead: 'Someone, most likely you, added your company mailbox to a device that is not managed by the company. Mail is blocked on it until the device is enrolled.',
      steps: [
        'Open this mail on the device itself, for example with webmail in its browser.',
        'Open the link below and confirm that it is your device.',
        'Enroll the device in device management, as the next page says.',
      ],
      button: 'Enroll this device',
      target: 'link',
      after:
        'Some minutes after enrollment mail starts by itself. Until then the device gets none; mail on your computer is not affected.',
    },
    'no-longer-managed': {
      subject: 'Your device is not managed any more: enroll it to get company mail',
      preheader: 'Your device has left device management. Mail starts again once it is enrolled.',
      title: 'Enroll your device again to get mail',
      lead: 'Your device was managed by the company and is not any more, for example because it was removed from device management or was set up anew. Mail is blocked on it until it is enrolled again.',
      steps: [
        'Open this mail on the device itself, for example with webmail in its browser.',
        'Open the link below and confirm that it is your device.',
        'Enroll the device in device management again, as the next page says.',
      ],
      button: 'Enroll this device again',
      target: 'link',
      after:
        'Some minutes after enrollment mail starts by itself. If you do not use this device any more, there is nothing to do; mail on your computer is not affected.',
    },
    'needs-activation': {
      subject: 'One more step to get company mail on your device',
      preheader: 'Your device is enrolled. We only have to know that it is the one with your mail.',
      title: 'Confirm your device to get mail',
      lead: 'Your device is enrolled, but it does not tell us that it is the one on which you added your mailbox. Mail is blocked on it until you confirm that.',
      steps: [
        'Open this mail on the device itself, for example with webmail in its browser.',
        'Open the link below and confirm that it is your device.',
      ],
      button: 'Confirm this device',
      target: 'link',
      after:
        'Some minutes later mail starts by itself. Until then the device gets none; mail on your computer is not affected.',
    },
    'not-native-client': {
      subject: 'This mail app cannot be used for company mail',
      preheader: "Company mail works with the device's own mail app. Here is how to change over.",
      title: 'Please use the mail app of the device',
      lead: 'Your company mailbox was added to a mail app that cannot be tied to a managed device. Mail is blocked in this app; it stays blocked even if the device is enrolled.',
      steps: [
        'Remove the company account from this app.',
        "Add the account to the device's own mail app (on an iPhone: Settings, Mail, Accounts).",
        'If the device is not enrolled yet, a mail then tells you how.',
      ],
      button: null,
      target: 'enrollUrl',
      after: 'Mail on your other devices is not affected. If you must use this app, ask your help desk.',
    },
    'not-a-phone': {
      subject: 'This program cannot be used for company mail',
      preheader: 'A program on a computer was connected to company mail as if it were a phone.',
      title: 'Please use another program for company mail',
      lead: 'Your company mailbox was added to a program on a computer that connects to it as a phone does. Only managed phones and tablets may connect in this way, and this program cannot be enrolled. Mail is blocked in it.',
      steps: [
        'Remove the company account from this program.',
        'On a computer, read your mail with webmail or with the mail program that your company provides.',
      ],
      button: null,
      target: 'enrollUrl',
      after:
        'Mail on your phone and in other programs is not affected. If you must use this program, ask your help desk.',
    },
    noncompliant: {
      subject: 'Your device must be put right to get company mail',
      preheader: 'Your device does not meet a company rule. Mail starts again when it does.',
      title: 'Your device does not meet a company rule',
      lead: 'Your device is enrolled, but it does not meet all rules of the company, for example an outdated system or no screen lock. Mail is blocked on it until it does.',
      steps: [
        'Open the device management app on the device; it shows what is to be put right.',
        'Put it right, then let the app check the device again.',
      ],
      button: 'Open device management',
      target: 'enrollUrl',
      after:
        'Some minutes after the device meets the rules mail starts by itself. Mail on your computer is not affected.',
    },
  },
};
