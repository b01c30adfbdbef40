import assert from 'node:assert/strict';
import { Organization } from '../../src/lab/organization.ts';
import { simulatedMailer } from '../../src/mail/in-process.ts';
import { failure, MAIL, organization, SHOWN_PICTURE, WITH_PICTURE } from './support.ts';

const SENDER = { address: 'enroll@contoso.example', displayName: 'Device Enrollment' };

describe('mail inside the simulated organization', () => {
  it('arrives in the inbox with the same headers as over a wire', async () => {
    const lab = organization();
    const sent = await simulatedMailer((mail) => lab.deliver(mail), SENDER).send(MAIL);
    const [message] = lab.inbox(MAIL.to);
    assert.deepEqual(
      { ...message, id: null, at: null },
      {
        id: null,
        at: null,
        from: SENDER.address,
        to: MAIL.to,
        subject: MAIL.subject,
        text: MAIL.text,
        html: MAIL.html,
        headers: {
          'auto-submitted': 'auto-generated',
          'x-auto-response-suppress': 'OOF, AutoReply, RN, NRN',
          'content-language': 'en',
          'message-id': MAIL.messageId,
        },
        raw: null,
      },
    );
    assert.equal(sent.messageId, MAIL.messageId);
  });

  it('arrives with the picture that its HTML shows', async () => {
    const lab = organization();
    await simulatedMailer((mail) => lab.deliver(mail), SENDER).send(WITH_PICTURE);
    assert.equal(lab.inbox(MAIL.to)[0]?.html, SHOWN_PICTURE);
  });

  it('fails for an unknown recipient as the mail server does', async () => {
    const lab = new Organization();
    const error = await failure(simulatedMailer((mail) => lab.deliver(mail), SENDER).send(MAIL));
    assert.deepEqual(
      [error.code, error.details],
      ['ERR_MAIL_RECIPIENT', { about: 'recipient', fate: 'never', permanent: true }],
    );
  });

  it('names the copy recipient that was refused, and counts the mail as sent', async () => {
    const lab = organization();
    const mailer = simulatedMailer((mail) => lab.deliver(mail), SENDER);
    const sent = await mailer.send({ ...MAIL, cc: ['nobody@contoso.example'] });
    assert.deepEqual([sent.refusedCopies, lab.inbox(MAIL.to).length], [['nobody@contoso.example'], 1]);
  });

  it('refuses the same hostile recipients', async () => {
    const mailer = simulatedMailer(() => assert.fail('nothing may be delivered'), SENDER);
    assert.equal((await failure(mailer.send({ ...MAIL, to: 'a@b.example\r\nc@d.example' }))).code, 'ERR_MAIL_ADDRESS');
  });
});
