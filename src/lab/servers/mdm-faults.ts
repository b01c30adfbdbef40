/** What can go wrong with an MDM's API, to be played on request: each fault meets the next matching requests and is then used up. */

/** What a request asks for: a token, or a page of devices, counted from 1. */
export type MdmTarget = 'token' | number;

/** One fault. Times are what the header says; nothing is waited for. */
export type MdmFault = {
  /** The request it meets; left out: any page. */
  readonly target?: MdmTarget;
  /** How many requests it meets. Default 1. */
  readonly times?: number;
} & (
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string; readonly location?: string }
  /** Tokens run out before their time; this request is the first to notice. */
  | { readonly kind: 'expired-tokens' }
  /** Another number of devices is told than there is. */
  | { readonly kind: 'total'; readonly off: number }
  /** The connection breaks inside the body. */
  | { readonly kind: 'reset' }
  /** A complete HTTP answer that ends within its text. */
  | { readonly kind: 'cut' }
  /** A page for people, as a proxy in between sends it. */
  | { readonly kind: 'html' }
);

/** The faults of one server, and which are next. */
export class MdmFaults {
  readonly #waiting: { readonly fault: MdmFault; left: number }[] = [];

  add(fault: MdmFault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  /** The fault that meets this request; uses it up. */
  take(target: MdmTarget): MdmFault | undefined {
    const found = this.#waiting.find(
      ({ fault, left }) => left > 0 && (fault.target === undefined ? target !== 'token' : fault.target === target),
    );
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.fault;
  }
}
