import assert from 'node:assert/strict';
import { Organization } from '../../src/lab/organization.ts';
import { startMailboxPages, type LabMailboxPages } from '../../src/lab/servers/mailboxes.ts';

describe('lab mailbox pages', () => {
  let organization: Organization;
  let pages: LabMailboxPages;

  beforeEach(async () => {
    organization = new Organization();
    organization.addMailbox({ alias: 'anna', displayName: 'Anna <Adler>' });
    organization.addMailbox({ alias: 'svc', displayName: 'Service', hasMailbox: false });
    organization.deliver({
      from: 'enroll@contoso.example',
      to: 'anna@contoso.example',
      subject: 'Enroll & <script>alert(1)</script>',
      text: 'Plain </pre><script>alert(2)</script>',
      html: '<p title="x">Hello</p><script>alert(3)</script>',
    });
    pages = await startMailboxPages(organization);
  });
  afterEach(() => pages.close());

  const get = async (path: string): Promise<{ status: number; text: string; headers: Headers }> => {
    const response = await fetch(new URL(path, pages.url));
    return { status: response.status, text: await response.text(), headers: response.headers };
  };

  it('lists every user, those with mail first', async () => {
    const { text } = await get('/');
    assert.match(
      text,
      /Anna &#60;Adler&#62;.*anna@contoso\.example.*<span class="badge">1<\/span>.*Service.*no mailbox/,
    );
  });

  it('finds a user by name', async () => {
    assert.doesNotMatch((await get('/?q=serv')).text, /anna@contoso\.example/);
  });

  it('shows a mail, and its HTML only in a frame without scripts', async () => {
    const [message] = organization.inbox('anna@contoso.example');
    const { text, headers } = await get(`/mailboxes/anna@contoso.example/${message?.id}`);
    assert.match(
      text,
      /<iframe title="The mail as HTML" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="[^"]*Hello[^"]*"><\/iframe>/,
    );
    assert.doesNotMatch(text, /<script/);
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/);
  });

  it('gives a mailbox as JSON', async () => {
    const { text } = await get('/mailboxes/anna@contoso.example.json');
    const { messages, ...summary } = JSON.parse(text) as { messages: unknown };
    assert.deepEqual(summary, {
      address: 'anna@contoso.example',
      displayName: 'Anna <Adler>',
      upn: 'anna@contoso.example',
      hasMailbox: true,
      count: 1,
    });
    assert.deepEqual(messages, organization.inbox('anna@contoso.example'));
  });

  it('gives the list as JSON', async () => {
    assert.equal((JSON.parse((await get('/mailboxes.json')).text) as unknown[]).length, 2);
  });

  it('answers 404 for what is not there, and takes nothing', async () => {
    for (const path of [
      '/mailboxes/nobody@contoso.example',
      '/mailboxes/anna@contoso.example/none',
      '/x',
      '/mailboxes/%E0%A4%A',
    ]) {
      assert.equal((await get(path)).status, 404);
    }
    assert.equal((await fetch(pages.url, { method: 'POST' })).status, 405);
  });
});
