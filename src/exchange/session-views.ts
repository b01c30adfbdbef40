/**
 * What of the forest each session sees. Exchange's sessions see the mailboxes of their servers' own domain, until
 * Set-ADServerSettings -ViewEntireForest $true was run in them; the setting ends with the session.
 */
import { asConnectorError } from '../errors.ts';
import type { ConnectorError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ForestView } from '../model/forest-view.ts';
import { checkCall } from './cmdlets/check-call.ts';
import type { ExchangeShell } from './exchange-shell.ts';

const VIEW_ENTIRE_FOREST = checkCall({ cmdlet: 'Set-ADServerSettings', parameters: { ViewEntireForest: true } });

/** What a session can do for it. */
type Session = Pick<ExchangeShell, 'run'>;

/*
 *   all is to be seen   Set-ADServerSettings in the session             it sees    told    before its next cmdlet
 *   no                  is not run                                      domain     –       nothing
 *   yes                 ends well                                       forest     –       nothing
 *   yes                 is not among the account's cmdlets, or has no   refused    once    nothing
 *                       -ViewEntireForest for it
 *   yes                 says anything else: Active Directory is busy    refused    once    run again
 *   yes                 is put off, or the session is lost              –          –       run again; the caller's call fails
 *                                                                                          before it was sent
 * Told again, if it ended well in between.
 */

/** Knows the view of every session, and sees to it before the first cmdlet of each. */
export class SessionViews {
  readonly #wanted: boolean;
  readonly #logger: Logger;
  readonly #known = new WeakMap<Session, ForestView>();
  #isTold = false;
  /** Of the session that was asked last; null: none was. */
  last: ForestView | null = null;

  /** @param wanted all is to be seen */
  constructor(wanted: boolean, logger: Logger) {
    this.#wanted = wanted;
    this.#logger = logger;
  }

  /**
   * The view of a session; the first time it is set. A refusal is no failure.
   * @throws as a cmdlet does whose session is lost, or that is put off: nothing else was sent
   */
  async of(session: Session, signal?: AbortSignal): Promise<ForestView> {
    this.last = this.#known.get(session) ?? (this.#wanted ? await this.#set(session, signal) : 'domain');
    return this.last;
  }

  async #set(session: Session, signal?: AbortSignal): Promise<ForestView> {
    try {
      const state = { sent: false, yielded: 0 };
      const run = session.run(VIEW_ENTIRE_FOREST, { ...(signal && { signal }) }, state);
      for await (const _ of run);
      this.#known.set(session, 'forest');
      this.#isTold = false;
      return 'forest';
    } catch (thrown) {
      const error = asConnectorError(thrown);
      if (!error.code.startsWith('ERR_EXCHANGE_CMDLET')) throw error;
      if (lacksRight(error)) this.#known.set(session, 'refused');
      this.#tell(error.message);
      return 'refused';
    }
  }

  #tell(seen: string): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#logger.warn(
      'Mailboxes and devices of the Exchange servers’ own domain alone are seen: the account may not widen its sessions to ' +
        'the whole forest. If the forest has one domain, switch "See the whole forest" off in the Exchange server; else give ' +
        `the account a role with Set-ADServerSettings and its parameter ViewEntireForest. Exchange says: ${seen}`,
    );
  }
}

/** True if the account's roles do not have the cmdlet, or not this parameter of it. */
function lacksRight({ code, details }: ConnectorError): boolean {
  return code === 'ERR_EXCHANGE_CMDLET_UNKNOWN' || String(details['errorId']).startsWith('NamedParameterNotFound');
}
