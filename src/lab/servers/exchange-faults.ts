/** What can go wrong with an Exchange server, to be played on request: each fault meets the next matching requests and is then used up. */
import type { RunspaceRefusalForm } from '../../wsman/server-faults.ts';
import type { FaultAnswer } from '../../wsman/server.ts';

/**
 * What stands under a bare status: IIS's page; a page in XHTML with prolog and DOCTYPE, as load balancers have them; a
 * line of text; nothing.
 */
export type StatusBody = 'html' | 'xhtml' | 'text' | 'empty';

/** Which request a fault meets. */
export interface ExchangeFaultScope {
  /** Default: any request. */
  readonly on?: 'create' | 'receive' | 'command' | 'send' | 'signal' | 'delete';
  /** Only requests of this cmdlet's pipeline (Receive), or that start it (Command). */
  readonly cmdlet?: string;
  /** How many matching requests pass before the fault strikes. Default 0. */
  readonly after?: number;
  /** How many requests it meets. Default 1; Infinity until cleared. */
  readonly times?: number;
}

/** One fault. */
export type ExchangeFault = ExchangeFaultScope &
  (
    | /** No answer; the connection stays open until the server closes. */ { readonly kind: 'hang' }
    /** The connection breaks. `handled`: after the request took effect (a change whose outcome the client cannot know). */
    | { readonly kind: 'reset'; readonly handled?: boolean }
    /** The connection breaks in the middle of the answer's body. */
    | { readonly kind: 'half' }
    /** A complete HTTP answer whose XML ends too early. */
    | { readonly kind: 'cut-xml' }
    /** A well-formed answer whose stream bytes are damaged. */
    | { readonly kind: 'garbled' }
    /** A web page instead of an answer. */
    | { readonly kind: 'html'; readonly status?: number }
    /** A bare status, as IIS, a front end without its back end, or a load balancer sends it. Default body: html. */
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly retryAfter?: string;
        readonly body?: StatusBody;
        /** After the request took effect. */
        readonly handled?: boolean;
      }
    /** Exchange 2013 and later: the account has all the runspaces its policy allows. Default 18, MaxConcurrency. */
    | ({ readonly kind: 'runspace-limit'; readonly maximum?: number; readonly party?: string } & RunspaceRefusalForm)
    /** Exchange 2013 and later: the account opened too many runspaces in too short a time. Default wait: 2 seconds. */
    | ({ readonly kind: 'runspace-budget'; readonly wait?: string } & RunspaceRefusalForm)
    | { readonly kind: 'redirect'; readonly location: string; readonly status?: 301 | 302 | 307 | 308 }
    | { readonly kind: 'delay'; readonly ms: number }
    /** An answer of this many bytes, more than the client asked for. */
    | { readonly kind: 'oversized'; readonly bytes: number }
    | { readonly kind: 'fault'; readonly fault: FaultAnswer }
    /** The server has forgotten the shell. */
    | { readonly kind: 'shell-lost' }
    /** The answer belongs to another request. */
    | { readonly kind: 'wrong-relates-to' }
  );

/** A fault inside a cmdlet rather than on the wire. */
export type CmdletFault = { readonly cmdlet: string; readonly after?: number; readonly times?: number } & (
  | /** An error record; `terminating`: the pipeline fails with it, else it runs on. */ {
      readonly kind: 'error-record';
      readonly message: string;
      readonly errorId?: string;
      readonly exceptionType?: string;
      readonly terminating?: boolean;
      /** Objects that go out before it. Default 0. */
      readonly afterObjects?: number;
    }
  /** The cmdlet takes this long before its first object; Receives run into their timeout meanwhile. */
  | { readonly kind: 'slow'; readonly ms: number }
  | /** The cmdlet hangs until it is stopped or its shell is gone: it yields nothing more. */ {
      readonly kind: 'silent';
      /** Objects that go out before. Default 0. */
      readonly afterObjects?: number;
      /** What it changes is changed before it hangs. */
      readonly handled?: boolean;
    }
  | { readonly kind: 'warning'; readonly text: string }
  | {
      readonly kind: 'host-call';
      readonly method: number;
      readonly methodName: string;
      readonly expectsAnswer: boolean;
    }
);

interface Counted<T> {
  readonly fault: T;
  passing: number;
  left: number;
}

/** The faults still to come. */
export class ExchangeFaults {
  #wire: Counted<ExchangeFault>[] = [];
  #cmdlet: Counted<CmdletFault>[] = [];
  readonly #struck: string[] = [];

  /** Adds a fault on the wire. */
  add(fault: ExchangeFault): void {
    this.#wire.push({ fault, passing: fault.after ?? 0, left: fault.times ?? 1 });
  }

  /** Adds a fault of a cmdlet. */
  addCmdlet(fault: CmdletFault): void {
    this.#cmdlet.push({ fault, passing: fault.after ?? 0, left: fault.times ?? 1 });
  }

  /** Takes every fault back. */
  clear(): void {
    this.#wire = [];
    this.#cmdlet = [];
  }

  /** How many faults have not struck yet. */
  get pending(): number {
    return this.#wire.length + this.#cmdlet.length;
  }

  /** What the requests were that a fault has struck, in order: `create`, `command`, `receive` … */
  get struck(): readonly string[] {
    return this.#struck;
  }

  /** The fault for a request, used up once. `cmdlet` is what the request's pipeline runs, if known. */
  takeWire(kind: string, cmdlet: string | null): ExchangeFault | null {
    const fits = ({ on, cmdlet: wanted }: ExchangeFault): boolean =>
      (on === undefined || on === kind) && (wanted === undefined || wanted.toLowerCase() === cmdlet?.toLowerCase());
    const taken = take(this.#wire, fits);
    this.#wire = this.#wire.filter(({ left }) => left > 0);
    if (taken !== null) this.#struck.push(kind);
    return taken;
  }

  /** The faults of a cmdlet that starts now. */
  takeCmdlet(cmdlet: string): readonly CmdletFault[] {
    const found: CmdletFault[] = [];
    const fits = (fault: CmdletFault): boolean =>
      fault.cmdlet.toLowerCase() === cmdlet.toLowerCase() && !found.includes(fault);
    for (let next = take(this.#cmdlet, fits); next !== null; next = take(this.#cmdlet, fits)) found.push(next);
    this.#cmdlet = this.#cmdlet.filter(({ left }) => left > 0);
    return found;
  }
}

function take<T>(list: readonly Counted<T>[], fits: (fault: T) => boolean): T | null {
  for (const counted of list) {
    if (counted.left <= 0 || !fits(counted.fault)) continue;
    if (counted.passing > 0) {
      counted.passing -= 1;
      continue;
    }
    counted.left -= 1;
    return counted.fault;
  }
  return null;
}
