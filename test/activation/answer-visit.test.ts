import assert from 'node:assert/strict';
import { answerVisit } from '../../src/activation/answer-visit.ts';
import type { Visit, VisitOptions } from '../../src/activation/answer-visit.ts';
import type { LinkedDevice } from '../../src/activation/linked-device.ts';
import { issueLinkToken, linkIdOf } from '../../src/activation/link-token.ts';
import type { LinkClaims } from '../../src/activation/link-claims.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { longToken } from '../support/long-link.ts';

const TOKEN_1 = linkIdOf('token-1');

const mailboxId = '7f3c1a52-0000-4000-8000-00000000000a';

const PIXEL: LinkedDevice = {
  model: 'Pixel 8',
  type: 'Android',
  platform: 'android',
  easId: 'ABC123',
  mailbox: 'anna@contoso.example',
  standing: 'waits',
  fresh: 'none',
};

describe('a visit to the link', () => {
  let store: Store;
  let claims: LinkClaims;
  let visit: Visit;
  let device: LinkedDevice;
  /** Links that a fresh one was asked for. */
  let freshened: string[];
  const OPTIONS: VisitOptions = {
    describe: () => Promise.resolve(device),
    addressOf: (_link, token) => `https://connector.contoso.example/activate?token=${token}`,
    sendFresh: ({ tokenId }) => {
      freshened.push(tokenId);
      return Promise.resolve();
    },
  };
  beforeEach(async () => {
    store = await openStore({ engine: 'sqlite', path: ':memory:' });
    claims = {
      purpose: 'activate',
      storeId: store.id,
      tokenId: TOKEN_1,
      mailboxId,
      easId: 'ABC123',
      issuedAt: '2026-05-04T10:00:00.000Z',
      expiresAt: '2026-05-11T10:00:00.000Z',
    };
    await store.tokens.issue(claims);
    device = PIXEL;
    freshened = [];
    visit = {
      method: 'GET',
      token: issueLinkToken(claims, store.linkSecret),
      wantsFresh: false,
      userAgent: 'Chrome\u0000 on Pixel',
      acceptLanguage: 'de',
      now: new Date('2026-05-05T08:00:00.000Z'),
    };
  });
  afterEach(() => store.close());

  const press = (minutes = 0): Visit => ({
    ...visit,
    method: 'POST',
    now: new Date(visit.now.getTime() + minutes * 60_000),
  });
  const activation = {
    easId: 'ABC123',
    mailbox: mailboxId,
    at: '2026-05-05T08:00:00.000Z',
    userAgent: 'Chrome  on Pixel',
    tokenId: TOKEN_1,
  };

  it('activates nothing when a mail scanner fetches the link, however often', async () => {
    for (let times = 0; times < 3; times += 1) {
      const { answer, activation: made, isNew, error } = await answerVisit(visit, store, OPTIONS);
      assert.deepEqual({ activation: made, isNew, error }, { activation: null, isNew: false, error: null });
      assert.match(answer.html, /<button class="go" type="submit">Das ist mein Telefon, weiter<\/button>/);
    }
    assert.deepEqual(await store.activations.list(), []);
    assert.equal((await store.tokens.find(TOKEN_1))?.usedAt, null);
  });

  /** Where a press leads: a page that may be reloaded, and names nothing but the link. */
  const again = () => ({
    status: 303,
    headers: {
      Location: `?token=${String(visit.token)}`,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
    },
    html: '',
  });

  it('activates when the button is pressed, and leads to the page that may be reloaded', async () => {
    const {
      answer,
      activation: made,
      isNew,
      error,
    } = await answerVisit(press(), store, {
      ...OPTIONS,
      enrollUrl: 'https://enroll.example/',
    });
    assert.deepEqual({ activation: made, isNew, error }, { activation, isNew: true, error: null });
    assert.deepEqual(answer, again());
    assert.deepEqual(await store.activations.list(), [activation]);
  });

  it('takes a second press for the first one', async () => {
    await answerVisit(press(), store, OPTIONS);
    const {
      answer,
      activation: made,
      isNew,
      error,
    } = await answerVisit({ ...press(5), userAgent: 'another' }, store, OPTIONS);
    assert.deepEqual({ activation: made, isNew, error }, { activation, isNew: false, error: null });
    assert.deepEqual(answer, again());
    assert.deepEqual(await store.activations.list(), [activation]);
  });

  it('makes one activation of two presses at the same moment', async () => {
    const outcomes = await Promise.all([answerVisit(press(), store, OPTIONS), answerVisit(press(), store, OPTIONS)]);
    assert.equal(outcomes.filter((outcome) => outcome.isNew).length, 1);
    assert.equal((await store.activations.list()).length, 1);
  });

  it('shows the way to enrollment again when the link is opened after the press', async () => {
    await answerVisit(press(), store, OPTIONS);
    const { answer } = await answerVisit(visit, store, { ...OPTIONS, enrollUrl: 'https://enroll.example/' });
    assert.doesNotMatch(answer.html, /<form/);
    assert.match(answer.html, /href="https:\/\/enroll\.example\/"/);
  });

  it('shows what is known of the device before asking', async () => {
    const { answer } = await answerVisit(visit, store, OPTIONS);
    assert.match(answer.html, /Pixel 8, Android.*ABC123.*anna@contoso\.example/);
  });

  const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/139.0.0.0';
  const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1';

  for (const [what, userAgent, warning] of [
    ['a computer', WINDOWS, false],
    ['another kind of phone', IPHONE, true],
  ] as const)
    it(`shows the code before the button when it is opened on ${what}, before and after the press`, async () => {
      const there = { ...visit, userAgent, acceptLanguage: 'en' };
      const options = { ...OPTIONS, enrollUrl: 'https://enroll.example/' };
      const asked = (await answerVisit(there, store, options)).answer.html;
      assert.match(asked, /<svg class="qr".*<button class="go second" type="submit">This is my phone, continue</s);
      assert.equal(asked.includes('This link is for another device than the one in your hand.'), warning);
      await answerVisit(press(), store, options);
      const done = (await answerVisit(there, store, options)).answer.html;
      assert.match(done, /Phone confirmed.*<svg class="qr".*<a class="go second"[^>]*>This is the phone: enroll it</s);
    });

  it('shows no code on the phone itself, and none of a link whose address nobody knows', async () => {
    assert.doesNotMatch((await answerVisit(visit, store, OPTIONS)).answer.html, /<svg/);
    const there = { ...visit, userAgent: WINDOWS, acceptLanguage: 'en' };
    const { html } = (await answerVisit(there, store, { ...OPTIONS, addressOf: () => null })).answer;
    assert.match(html, /Please open this page on the phone itself\./);
    assert.doesNotMatch(html, /<svg/);
  });

  for (const standing of ['free', 'known'] as const)
    it(`says of a device that is ${standing} that nothing is to be done, with a good, a used and an expired link`, async () => {
      device = { ...PIXEL, standing };
      const late = { ...visit, now: new Date(claims.expiresAt) };
      const seen = [];
      for (const one of [visit, late]) seen.push(await answerVisit(one, store, OPTIONS));
      await answerVisit(press(), store, OPTIONS);
      seen.push(await answerVisit(visit, store, OPTIONS));
      assert.deepEqual(
        seen.map(({ answer, page, error }) => [answer.status, page, error]),
        Array.from({ length: 3 }, () => [200, standing, null]),
      );
      for (const { answer } of seen) assert.doesNotMatch(answer.html, /<form|<button/);
    });

  it('asks for a fresh link with an expired one, and with no other', async () => {
    const late = { ...visit, wantsFresh: true, method: 'POST' as const, now: new Date(claims.expiresAt) };
    const seen = [];
    for (const one of [late, { ...late, now: visit.now }, { ...late, token: 'junk' }])
      seen.push((await answerVisit(one, store, OPTIONS)).answer.status);
    assert.deepEqual([seen, freshened], [[303, 303, 400], [TOKEN_1]]);
    assert.deepEqual(await store.activations.list(), [], 'it is no activation');
  });

  it('offers the fresh link by a button, and says when it is on its way', async () => {
    const late = { ...visit, acceptLanguage: 'en', now: new Date(claims.expiresAt) };
    device = { ...PIXEL, fresh: 'offer' };
    const offered = (await answerVisit(late, store, OPTIONS)).answer;
    device = { ...PIXEL, fresh: 'sent' };
    const sent = (await answerVisit(late, store, OPTIONS)).answer;
    assert.deepEqual([offered.status, sent.status], [410, 410]);
    assert.match(offered.html, /name="fresh" value="1">\n<button class="go" type="submit">Send a new link<\/button>/);
    assert.match(sent.html, /role="status">A mail with a new link is on its way/);
    assert.doesNotMatch(sent.html, /<form|<button/);
    for (const { html } of [offered, sent]) assert.doesNotMatch(html, /anna|Pixel|ABC123/);
  });

  const refused: [string, string, number, () => Partial<Visit>][] = [
    ['was tampered with', 'ERR_TOKEN_INVALID', 400, () => ({ token: String(visit.token).slice(0, -1) })],
    [
      'was made by another store',
      'ERR_TOKEN_FOREIGN',
      400,
      () => ({ token: longToken({ ...claims, storeId: 'another' }, Buffer.alloc(32, 1)) }),
    ],
    [
      'was never issued',
      'ERR_TOKEN_UNKNOWN',
      400,
      () => ({ token: issueLinkToken({ ...claims, tokenId: linkIdOf('token-2') }, store.linkSecret) }),
    ],
    [
      'names another device than the one it was issued for',
      'ERR_TOKEN_UNKNOWN',
      400,
      () => ({ token: longToken({ ...claims, easId: 'OTHER' }, store.linkSecret) }),
    ],
  ];
  it('is good with a link that an older version sent, until that expires', async () => {
    const sent = { ...visit, token: longToken(claims, store.linkSecret) };
    const codes = [];
    for (const now of [new Date(Date.parse(claims.expiresAt) - 1), new Date(claims.expiresAt)])
      codes.push((await answerVisit({ ...sent, now }, store, OPTIONS)).error?.code ?? null);
    assert.deepEqual(codes, [null, 'ERR_TOKEN_EXPIRED']);
    assert.deepEqual((await answerVisit({ ...sent, method: 'POST' }, store, OPTIONS)).activation, activation);
  });

  it('is good as it was typed: large letters, blanks and a dot at its end', async () => {
    const typed = String(visit.token)
      .toUpperCase()
      .replace(/(.{4})/g, '$1 ');
    assert.deepEqual((await answerVisit({ ...press(), token: `${typed}.` }, store, OPTIONS)).activation, activation);
  });

  for (const [what, code, status, change] of refused) {
    it(`is refused when the link ${what}, opened or pressed`, async () => {
      for (const method of ['GET', 'POST'] as const) {
        const {
          answer,
          activation: made,
          isNew,
          error,
        } = await answerVisit({ ...visit, ...change(), method }, store, OPTIONS);
        assert.deepEqual([answer.status, made, isNew, error?.code], [status, null, false, code]);
        assert.doesNotMatch(answer.html, /<form|<button/);
      }
      assert.deepEqual(await store.activations.list(), []);
    });
  }

  it('shows an expired link as expired, and leads there when its button is pressed still', async () => {
    const late = { ...visit, now: new Date(claims.expiresAt) };
    const seen = [];
    for (const method of ['POST', 'GET'] as const) {
      const { answer, activation: made, isNew, error } = await answerVisit({ ...late, method }, store, OPTIONS);
      seen.push([answer.status, made, isNew, error?.code ?? null]);
    }
    assert.deepEqual(seen, [
      [303, null, false, null],
      [410, null, false, 'ERR_TOKEN_EXPIRED'],
    ]);
    assert.deepEqual(await store.activations.list(), []);
  });

  it('is no refused link when the bare address is opened, as a check of it does; a press without a link is', async () => {
    const bare = { ...visit, token: undefined };
    const codes = [];
    for (const method of ['GET', 'POST'] as const) {
      const { answer, error } = await answerVisit({ ...bare, method }, store, OPTIONS);
      codes.push([answer.status, error?.code ?? null]);
    }
    assert.deepEqual(codes, [
      [400, null],
      [400, 'ERR_TOKEN_INVALID'],
    ]);
  });

  it('asks the visitor to come again when the store fails, and the link stays good', async () => {
    const broken = await openStore({ engine: 'sqlite', path: ':memory:' });
    await broken.close();
    const failing = { ...broken, id: store.id, linkSecret: store.linkSecret };
    const { answer, activation: made, error } = await answerVisit(press(), failing, OPTIONS);
    assert.deepEqual([answer.status, made, error?.code], [503, null, 'ERR_STORE_WRITE']);
    assert.equal((await answerVisit(press(), store, OPTIONS)).isNew, true);
  });
});
