/*
 * What a mail's text may name, and whether it does. The runtime has the list in src/notify/mail-fields.ts and reads texts with
 * mustache; tests hold the two together.
 */
export const MAIL_TAGS = [
  'link',
  'qr',
  'linkExpires',
  'enrollUrl',
  'device.model',
  'device.type',
  'device.name',
  'device.os',
  'device.id',
  'user.name',
  'user.address',
  'blockedAt',
  'complianceReason',
  'helpDesk',
  'app',
  'appStore',
  'company',
  'logo',
  'color',
  'onColor',
  'sender',
  'reminder',
  'notEnrolled',
  'noLongerManaged',
  'needsActivation',
  'notNativeClient',
  'notAPhone',
  'noncompliant',
  'devices',
  'others',
  'several',
];

/* How a tag begins; the build fills in what is written so. */
const OPEN = '{'.repeat(2);

/* The first tag that a mail cannot have, as it is written; null: there is none. @param isHtml values must be escaped */
export function wrongTag(text, isHtml) {
  const open = [];
  let rest = text;
  for (let at = rest.indexOf(OPEN); at >= 0; at = rest.indexOf(OPEN)) {
    const isTriple = rest[at + 2] === '{';
    const end = rest.indexOf(isTriple ? '}}}' : '}}', at + 2);
    if (end < 0)
      return (
        OPEN +
        rest
          .slice(at + 2)
          .trim()
          .slice(0, 30)
      );
    const inner = rest.slice(at + (isTriple ? 3 : 2), end).trim();
    rest = rest.slice(end + (isTriple ? 3 : 2));
    const kind = isTriple ? '&' : /^[#^/&!>=]/.test(inner) ? inner[0] : '';
    const name = isTriple || kind === '' ? inner : inner.slice(1).replace(/=$/, '').trim();
    if (kind === '!') continue;
    const shown = OPEN + (kind === '&' ? '{' + name + '}' : kind + name) + '}}';
    if (kind === '/') {
      const last = open.pop();
      if (last === undefined) return shown;
      if (last !== name) return OPEN + '#' + last + '}}';
    } else if (MAIL_TAGS.indexOf(name) < 0 || kind === '>' || kind === '=' || (kind === '&' && isHtml)) return shown;
    else if (kind === '#' || kind === '^') open.push(name);
  }
  return open.length === 0 ? null : OPEN + '#' + open.pop() + '}}';
}

/* A field that holds such a text. */
export function mailText(isHtml) {
  return {
    test: function (value) {
      return typeof value !== 'object' && wrongTag(String(value), isHtml) === null;
    },
    reason: function (value) {
      return { key: 'mailText', values: { tag: typeof value === 'object' ? '?' : wrongTag(String(value), isHtml) } };
    },
  };
}
