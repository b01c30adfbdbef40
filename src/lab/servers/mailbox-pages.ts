/** The pages on which a person reads the lab's mailboxes, as HTML text. Everything in a mail is foreign. Development only. */
import type { LabMessage, Mailbox } from '../mailboxes.ts';

/** Mailboxes listed on one page; a large organization is searched. */
const MAX_LISTED = 200;

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #0b63c5; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; font: 1rem/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; border-bottom: 1px solid var(--line); padding-bottom: .75rem; margin-bottom: 1rem; }
h1 { font-size: 1.35rem; margin: 0; } h1 + p { margin: 0; opacity: .75; }
time { text-align: right; }
a { color: var(--accent); } @media (prefers-color-scheme: dark) { a { color: #7db8ff; } }
ul { list-style: none; margin: 0; padding: 0; }
li > a { display: grid; grid-template-columns: minmax(10rem, 1fr) 2fr 12rem; gap: 0 1rem; padding: .6rem .5rem; border-bottom: 1px solid var(--line); color: inherit; text-decoration: none; }
li > a:hover, li > a:focus-visible { background: var(--soft); }
.strong { font-weight: 600; } .soft { opacity: .7; } .count { text-align: right; font-variant-numeric: tabular-nums; }
.badge { border-radius: 1rem; background: var(--accent); color: #fff; padding: 0 .6rem; font-size: .85rem; }
header > :last-child { margin-left: auto; } input { font: inherit; padding: .25rem .5rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0 0 1rem; } dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
iframe { width: 100%; height: 36rem; border: 1px solid var(--line); border-radius: .5rem; background: #fff; color-scheme: light; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--soft); padding: 1rem; border-radius: .5rem; }
.empty { padding: 2rem .5rem; opacity: .7; }
@media (max-width: 36rem) { li > a { grid-template-columns: 1fr auto; } li > a > :nth-child(2) { grid-row: 2; grid-column: 1 / -1; } }
`;

/** Every mailbox, those with mail first. */
export function listPage(mailboxes: readonly Mailbox[], query: string): string {
  const wanted = query.trim().toLowerCase();
  const matching = mailboxes.filter(({ displayName, address }) =>
    `${displayName} ${address}`.toLowerCase().includes(wanted),
  );
  const shown = matching
    .toSorted((a, b) => b.messages.length - a.messages.length || a.displayName.localeCompare(b.displayName))
    .slice(0, MAX_LISTED);
  const items = shown.map((mailbox) => {
    const count = mailbox.hasMailbox ? badge(mailbox.messages.length) : '<span class="soft">no mailbox</span>';
    return `<li><a href="/mailboxes/${encodeURIComponent(mailbox.address)}"><span class="strong">${html(mailbox.displayName)}</span><span class="soft">${html(mailbox.address)}</span><span class="count">${count}</span></a></li>`;
  });
  const search = `<form method="get"><label class="soft">Find <input type="search" name="q" value="${html(query)}" autocomplete="off"></label></form>`;
  const more =
    matching.length > shown.length
      ? `<p class="soft">${matching.length - shown.length} more: search for a name.</p>`
      : '';
  return page(
    'Mailboxes',
    `${matching.length} in the simulated organization`,
    search,
    `${list(items, 'No mailbox has that name.')}${more}`,
    wanted === '',
  );
}

/** The mails of one mailbox, newest first. */
export function inboxPage(mailbox: Mailbox): string {
  const items = mailbox.messages
    .toReversed()
    .map(
      (message) =>
        `<li><a href="/mailboxes/${encodeURIComponent(mailbox.address)}/${encodeURIComponent(message.id)}"><span class="soft">${html(message.from)}</span><span class="strong">${html(message.subject || '(no subject)')}</span><time class="soft" datetime="${html(message.at)}">${html(timeText(message.at))}</time></a></li>`,
    );
  const empty = mailbox.hasMailbox ? 'No mail yet.' : 'This user has no mailbox.';
  return page(mailbox.displayName, mailbox.address, '<a href="/">All mailboxes</a>', list(items, empty), true);
}

/** One mail. Its HTML runs no script, sends no form and loads nothing; links open in a new tab. */
export function messagePage(mailbox: Mailbox, message: LabMessage): string {
  const facts = {
    From: message.from,
    To: message.to,
    Arrived: timeText(message.at),
    'Message-ID': message.headers['message-id'] ?? '',
    Language: message.headers['content-language'] ?? '',
  };
  const rows = Object.entries(facts)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `<dt>${name}</dt><dd>${html(value)}</dd>`);
  const frame =
    message.html === null
      ? ''
      : `<iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${html(`<base target="_blank">${message.html}`)}"></iframe>`;
  const back = `<a href="/mailboxes/${encodeURIComponent(mailbox.address)}">Inbox of ${html(mailbox.displayName)}</a>`;
  const body = `<dl>${rows.join('')}</dl>${frame}<h2>As plain text</h2><pre>${html(message.text)}</pre>`;
  return page(message.subject || '(no subject)', mailbox.address, back, body, false);
}

/** Nothing there. */
export function missingPage(): string {
  return page('Nothing here', 'There is no such mailbox or mail.', '<a href="/">All mailboxes</a>', '', false);
}

function page(title: string, subtitle: string, aside: string, body: string, refresh: boolean): string {
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
    `${refresh ? '<meta http-equiv="refresh" content="5">' : ''}<title>${html(title)}</title><style>${STYLE}</style></head>` +
    `<body><header><div><h1>${html(title)}</h1><p>${html(subtitle)}</p></div>${aside}</header><main>${body}</main></body></html>`
  );
}

function list(items: readonly string[], empty: string): string {
  return items.length === 0 ? `<p class="empty">${empty}</p>` : `<ul>${items.join('')}</ul>`;
}

function badge(count: number): string {
  return count === 0 ? '<span class="soft">0</span>' : `<span class="badge">${count}</span>`;
}

function timeText(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
}

function html(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
