/** Mails to look at, and the news they are about. */
import assert from 'node:assert/strict';
import { findDeviceChange, isBlock, readDeviceChange } from '../../../src/connector/mails/device-change.ts';
import { previewMail } from '../../../src/connector/mails/preview-mail.ts';
import type { DeviceChange } from '../../../src/model/records.ts';
import { MAIL_KINDS } from '../../../src/model/mail-kind.ts';
import { blocked } from '../../support/changes.ts';
import { MailWorld, START } from './support/mail-world.ts';

describe('a mail to look at', () => {
  let world: MailWorld;

  beforeEach(async () => {
    world = await MailWorld.open();
  });
  afterEach(() => world.store.close());

  it('is a sample, or that of a device, and its link is none that works', () => {
    const [sample, own] = [null, blocked(1)].map((change) => previewMail(change, world.settings, START));
    assert.deepEqual([sample?.to, own?.to], ['anna@contoso.com', 'user1@contoso.example']);
    for (const mail of [sample, own]) {
      assert.deepEqual(Object.keys(mail ?? {}).sort(), ['html', 'language', 'subject', 'text', 'to']);
      assert.match(mail?.text ?? '', /https:\/\/connector\.contoso\.example\/activate\?token=sample/);
      assert.match(mail?.html ?? '', /<img src="data:image\/png;base64,[\w+/=]+"/);
    }
  });

  it('is of the kind that the device would get', () => {
    const subjects = MAIL_KINDS.map((code) => {
      const change = blocked(1);
      const decision = { ...change.decision, reason: { ...change.decision.reason, code } } as DeviceChange['decision'];
      return previewMail({ ...change, decision }, world.settings, START).subject;
    });
    assert.equal(new Set(subjects).size, MAIL_KINDS.length);
  });

  it("shows later kinds in the sections that an administrator's text has for them", () => {
    const text = '{{#notEnrolled}}enroll{{/notEnrolled}}{{#notNativeClient}}another app{{/notNativeClient}}';
    const newer = `${text}{{#noLongerManaged}}again{{/noLongerManaged}}{{#notAPhone}}a computer{{/notAPhone}}`;
    const shown = (['no-longer-managed', 'not-a-phone', 'not-enrolled'] as const).map((code) => {
      const change = blocked(1);
      const decision = { ...change.decision, reason: { ...change.decision.reason, code } };
      return [text, newer].map((own) => {
        const settings = { ...world.settings, templates: { en: { text: own } } };
        return previewMail({ ...change, decision }, settings, START).text.split('\n')[0];
      });
    });
    assert.deepEqual(shown, [
      ['enroll', 'again'],
      ['another app', 'a computer'],
      ['enroll', 'enroll'],
    ]);
  });
});

describe('the news of a change', () => {
  it('is read from what the access switch sends, and from nothing else', () => {
    const change = blocked(1);
    assert.deepEqual(readDeviceChange({ ...change, more: 1 }), change);
    const { device, decision } = change;
    for (const other of [
      undefined,
      null,
      'text',
      7,
      [],
      {},
      { device },
      { device, decision },
      { ...change, change: {} },
      { ...change, device: { key: device.key } },
    ]) {
      assert.equal(findDeviceChange(other), null);
      assert.throws(() => readDeviceChange(other), { code: 'ERR_INPUT_INVALID' });
    }
  });

  it('may lead to a mail if the device was blocked, and not only in a simulation', () => {
    const change = blocked(1);
    const allowed = { ...change, decision: { ...change.decision, action: 'allow' } } as DeviceChange;
    assert.deepEqual([change, blocked(1, { applied: false }), allowed].map(isBlock), [true, false, false]);
  });
});
