/** What the lab's Graph is asked, and what it answers. */

/** A GET: the absolute address with `/v1.0`, headers with lower-case names. */
export interface SliceRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Status and JSON body. `page` is the position in a chain, 1, 2, 3, …, or null if it is no collection. */
export interface SliceAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly page: number | null;
}

/** A refusal in Graph's words. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
