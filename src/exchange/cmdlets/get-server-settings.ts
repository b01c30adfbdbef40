/** Get-ADServerSettings: which part of the forest a session sees. */
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import { booleanOf, textOf } from './plain-record.ts';

/** What a session sees. */
export interface ServerSettings {
  /** True: recipients of every domain; false: those below {@link root} alone; null: the server did not say. */
  readonly viewEntireForest: boolean | null;
  /** RecipientViewRoot: a domain, or an organizational unit. */
  readonly root: string | null;
}

/** The settings of a session, or null if the server returned none. Throws what the transport throws. */
export async function getServerSettings(
  transport: CmdletTransport,
  options?: CmdletOptions,
): Promise<ServerSettings | null> {
  for await (const record of transport.invoke({ cmdlet: 'Get-ADServerSettings', parameters: {} }, options))
    return { viewEntireForest: booleanOf(record, 'ViewEntireForest'), root: textOf(record, 'RecipientViewRoot') };
  return null;
}
