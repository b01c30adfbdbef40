/** The words of the mails, language by language. A new language is one more file like mail-texts-en.ts. */
import { MAIL_TEXTS_DE } from './mail-texts-de.ts';
import { MAIL_TEXTS_EN } from './mail-texts-en.ts';
import type { MailTexts } from './mail-words.ts';

export const MAIL_TEXTS: Readonly<Record<string, MailTexts>> = { en: MAIL_TEXTS_EN, de: MAIL_TEXTS_DE };
