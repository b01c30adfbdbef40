/** The notifier's fields as its use cases want them. */
import type { NotifierSettings } from '../../src/connector/mails/enroll-mail.ts';
import { helpDeskLine } from '../../src/model/help-desk.ts';
import { readLogo } from '../../src/model/logo.ts';
import type { MailConnection } from '../connections.ts';
import { enrollAppOf, helpDeskOf, replyAddressOf } from '../help-desk.ts';
import type { Definition } from '../red.ts';
import { listOf, numberOf, textOf } from '../red.ts';

/** While a field cannot be meant. */
export const NO_OPTIONS: NotifierSettings['options'] = { reminderAfterHours: 0, reminders: 0, allowedDomains: [] };

export function optionsOf(definition: Definition): NotifierSettings['options'] {
  return {
    reminderAfterHours: numberOf(definition, 'reminderAfter', 24),
    reminders: numberOf(definition, 'reminders', 0),
    allowedDomains: listOf(definition, 'allowedDomains'),
  };
}

export function settingsOf(
  definition: Definition,
  account: Pick<MailConnection, 'address' | 'displayName'>,
): NotifierSettings {
  const helpDesk = helpDeskOf(definition);
  const language = textOf(definition, 'language', 'en');
  const own = {
    subject: textOf(definition, 'subject'),
    text: textOf(definition, 'text'),
    html: textOf(definition, 'html'),
  };
  return {
    sender: account.address,
    senderName: account.displayName,
    linkBase: textOf(definition, 'linkBase'),
    enrollUrl: textOf(definition, 'enrollUrl') || null,
    language,
    templates: Object.values(own).some((text) => text !== '') ? { [language]: own } : {},
    cc: listOf(definition, 'cc'),
    helpDesk: helpDeskLine(helpDesk),
    replyTo: replyAddressOf(helpDesk),
    app: enrollAppOf(definition),
    company: textOf(definition, 'company') || null,
    color: textOf(definition, 'color') || null,
    logo: readLogo(textOf(definition, 'logo')),
    timeZone: textOf(definition, 'timeZone') || null,
    options: optionsOf(definition),
  };
}
