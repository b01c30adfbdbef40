/** A picture within a mail. */

/** A picture that the HTML shows by `cid:` and its id. */
export interface MailPicture {
  /** `left@right`, RFC 2392. */
  readonly cid: string;
  readonly fileName: string;
  readonly contentType: 'image/png' | 'image/jpeg';
  readonly content: Uint8Array;
}
