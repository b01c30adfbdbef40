/** The one way cmdlets run, whatever carries them: PowerShell Remoting, Exchange Online's REST, or the simulation. */
import type { PlainObject } from '../clixml/value.ts';
import type { ClockWatch } from '../http/clock-watch.ts';
import type { ForestView } from '../model/forest-view.ts';

/** A typed parameter value. `null` clears; Add/Remove edit a multi-valued property. Never a script, never an expression. */
export type CmdletValue =
  | string
  | number
  | boolean
  | null
  | readonly string[]
  | { readonly Add?: readonly string[]; readonly Remove?: readonly string[] };

/** One call of a catalogued cmdlet. Switches are `true`. */
export interface CmdletCall {
  readonly cmdlet: string;
  readonly parameters: Readonly<Record<string, CmdletValue>>;
}

/** What one reading has cost so far, whoever started it again. */
export interface Effort {
  /** Attempts that failed, each with a session of its own. */
  attempts: number;
  /** What showed that requests of one session reach different servers, if anything did. */
  affinity?: Error;
  /** True if the server that failed last is passed over and another one is asked next. */
  movedOn: boolean;
}

export interface CmdletOptions {
  readonly signal?: AbortSignal;
  /** Shared by the calls a reading is made of, so that they have their attempts in common. */
  readonly effort?: Effort;
  /** Properties that are read of the objects; those that nobody reads may be missing. Absent: all are. */
  readonly properties?: ReadonlySet<string>;
  /** This call is meant to delete a partnership: Remove-MobileDevice is let through, and nothing else that destroys. */
  readonly removesPartnership?: boolean;
  onWarning?(text: string): void;
  /** Called for each session that the call runs in, before it runs; never by what has no forest (online, simulated). */
  onView?(view: ForestView): void;
  onProgress?(activity: string, percent: number | null): void;
  /** Called for an error record that did not end the pipeline. Without it, the first one is thrown at the end. */
  onError?(error: Error): void;
}

/** Runs cmdlets against one Exchange organization. */
export interface CmdletTransport {
  readonly kind: 'remote-powershell' | 'exchange-online' | 'simulated';
  /** Where the next call goes; absent: there is one address only. */
  readonly address?: string;
  /** Measures the server's clock; absent: nobody does. */
  readonly clock?: ClockWatch;
  /** What of the forest the session sees that a cmdlet ran in last; null: none has run. Absent: there is no forest. */
  readonly view?: ForestView | null;
  /**
   * Runs one cmdlet and yields its output objects as they arrive; the consumer's pace is the reader's pace.
   * Leaving the loop early stops the pipeline. Throws a ConnectorError (ERR_EXCHANGE_…, ERR_WSMAN_…, ERR_HTTP_…).
   */
  invoke(call: CmdletCall, options?: CmdletOptions): AsyncIterable<PlainObject>;
  /** Ends every session; resolves within 5 s, leaves no socket, timer or shell. */
  close(): Promise<void>;
}
