/** The help desk and the app to enroll with, as the fields of a dialog name them. */
import { isPlainAddress } from '../src/model/plain-address.ts';
import type { EnrollApp } from '../src/model/enroll-app.ts';
import type { HelpDesk } from '../src/model/help-desk.ts';
import type { Definition } from './red.ts';
import { textOf } from './red.ts';

/** @param definition a saved flow may have `helpDesk` alone */
export function helpDeskOf(definition: Definition): HelpDesk {
  return {
    name: textOf(definition, 'helpDesk'),
    phone: textOf(definition, 'helpDeskPhone'),
    mail: textOf(definition, 'helpDeskMail'),
    web: textOf(definition, 'helpDeskWeb'),
  };
}

/** Where answers to a mail go; null where no field holds one plain address. */
export function replyAddressOf({ mail, name }: HelpDesk): string | null {
  return [mail, name].find((one) => one !== undefined && isPlainAddress(one)) ?? null;
}

/** Null where none is named, as in flows that were saved before there was the field. */
export function enrollAppOf(definition: Definition): EnrollApp | null {
  const name = textOf(definition, 'appName');
  if (name === '') return null;
  return { name, ios: textOf(definition, 'appIos') || null, android: textOf(definition, 'appAndroid') || null };
}
