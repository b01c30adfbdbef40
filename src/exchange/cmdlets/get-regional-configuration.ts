/** Get-MailboxRegionalConfiguration: the language a mailbox's owner chose in Outlook on the web. */
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { checkIdentity } from './identity.ts';
import { textOf } from './plain-record.ts';

/** BCP 47, as far as it is used; null: never chosen, or not told. @throws what the transport throws */
export async function getMailboxLanguage(
  transport: CmdletTransport,
  mailbox: string,
  options: CmdletOptions = {},
): Promise<string | null> {
  const call = { cmdlet: 'Get-MailboxRegionalConfiguration', parameters: { Identity: checkIdentity(mailbox) } };
  for await (const record of transport.invoke(call, options)) {
    const language = textOf(record, 'Language');
    return language !== null && /^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(language) ? language : null;
  }
  return null;
}
