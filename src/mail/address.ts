/** The only kind of recipient that is mailed: one plain address, exactly as given. */
import { ConnectorError } from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import { isPlainAddress } from '../model/plain-address.ts';
import { addressRefusal } from './refusal.ts';

/**
 * Returns `text` unchanged if it is one plain address, throws ERR_MAIL_ADDRESS otherwise. Mail libraries and servers
 * read address lists: `alice@corp.example\r\nRCPT TO:<eve@corp.example>` would be delivered to eve.
 */
export function plainAddress(text: string, role = 'recipient'): string {
  if (typeof text === 'string' && isPlainAddress(text)) return text;
  const seen = foreignText(text)?.slice(0, 120) ?? '';
  throw new ConnectorError('ERR_MAIL_ADDRESS', `The ${role} "${seen}" is not one plain mail address.`, {
    details: { ...addressRefusal(role), role },
  });
}
