import assert from 'node:assert/strict';
import { Organization } from '../../src/lab/organization.ts';
import { answerEws } from '../../src/lab/servers/ews.ts';

const HEAD =
  '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body>';

/** As the documentation of CreateItem shows it, with properties instead of MIME. */
function createItem(options: { disposition?: string; from?: string; to?: string } = {}): string {
  const { disposition = 'SendOnly', from, to = 'anna@contoso.example' } = options;
  const sender =
    from === undefined ? '' : `<t:From><t:Mailbox><t:EmailAddress>${from}</t:EmailAddress></t:Mailbox></t:From>`;
  return `${HEAD}<m:CreateItem MessageDisposition="${disposition}"><m:Items><t:Message><t:Subject>Hello</t:Subject><t:Body BodyType="HTML">&lt;p&gt;Hi&lt;/p&gt;</t:Body>${sender}<t:ToRecipients><t:Mailbox><t:EmailAddress>${to}</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message></m:Items></m:CreateItem></s:Body></s:Envelope>`;
}

describe('lab Exchange Web Services', () => {
  const organization = new Organization();
  const enroll = organization.addMailbox({ alias: 'enroll', displayName: 'Enrollment' });
  const svc = organization.addMailbox({ alias: 'svc', displayName: 'Service', hasMailbox: false });
  organization.addMailbox({ alias: 'anna', displayName: 'Anna' });

  const codeOf = async (body: string, user = enroll): Promise<[number, string | undefined]> => {
    const answer = await answerEws(organization, user, body);
    return [answer.status, /ResponseCode[^>]*>([^<]+)</.exec(answer.body)?.[1]];
  };

  it('delivers a message that is to be sent', async () => {
    assert.deepEqual(await codeOf(createItem()), [200, 'NoError']);
    assert.deepEqual(
      organization.inbox('anna@contoso.example').map(({ from, subject, html }) => [from, subject, html]),
      [['enroll@contoso.example', 'Hello', '<p>Hi</p>']],
    );
  });

  it('sends nothing for a user without a mailbox', async () => {
    assert.deepEqual(await codeOf(createItem(), svc), [500, 'ErrorNonExistentMailbox']);
  });

  it('sends nothing under another name', async () => {
    assert.deepEqual(await codeOf(createItem({ from: 'anna@contoso.example' })), [200, 'ErrorSendAsDenied']);
  });

  it('wants to know what to do with a message', async () => {
    assert.deepEqual(await codeOf(createItem({ disposition: 'SaveOnly' })), [200, 'ErrorMessageDispositionRequired']);
  });

  it('refuses what is not a request', async () => {
    for (const body of ['', '<x/>', `${HEAD}<t:CreateItem/></s:Body></s:Envelope>`, '<!DOCTYPE x><x/>']) {
      assert.deepEqual(await codeOf(body), [500, 'ErrorSchemaValidation']);
    }
  });

  it('bounces what it cannot deliver into the mailbox of the sender', async () => {
    await codeOf(createItem({ to: 'nobody@contoso.example' }));
    assert.equal(organization.inbox('enroll@contoso.example').at(-1)?.subject, 'Undeliverable: Hello');
  });
});
