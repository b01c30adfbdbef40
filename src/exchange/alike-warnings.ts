/** Exchange's warnings of one reading, those that say the same of one object after the other once, and counted. */

/** Kinds of warnings that are told one by one. */
const MOST_KINDS = 20;
/** Two texts are alike if so much of the longer one is the same at its beginning and its end. */
const SHARE = 0.6;

/*
 *   a warning                                          is
 *   is the first of its kind                           told at once
 *   is like one that was told                          counted; at the end of the reading one line says how many
 *   is the first of its kind after twenty kinds        counted with all others of that sort
 */

/** Tells warnings. */
export class AlikeWarnings {
  readonly #tell: (text: string) => void;
  readonly #kinds: { readonly text: string; more: number }[] = [];
  #others = 0;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  add(text: string): void {
    const kind = this.#kinds.find((one) => areAlike(one.text, text));
    if (kind !== undefined) kind.more += 1;
    else if (this.#kinds.length === MOST_KINDS) this.#others += 1;
    else {
      this.#kinds.push({ text, more: 0 });
      this.#tell(text);
    }
  }

  /** Says how many more there were. */
  end(): void {
    for (const { text, more } of this.#kinds)
      if (more > 0) this.#tell(`Exchange warned ${more} more times like this: ${text}`);
    if (this.#others > 0) this.#tell(`Exchange warned ${this.#others} more times of other things.`);
  }
}

/** Only what they are about differs, in whatever language they are. */
export function areAlike(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  let head = 0;
  while (head < short.length && short[head] === long[head]) head += 1;
  let tail = 0;
  while (tail < short.length - head && short.at(-1 - tail) === long.at(-1 - tail)) tail += 1;
  return head + tail >= SHARE * long.length;
}
