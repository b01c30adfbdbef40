import assert from 'node:assert/strict';
import { placeOf } from '../../src/activation/visitor.ts';
import type { Place } from '../../src/activation/visitor.ts';
import type { Platform } from '../../src/model/records.ts';

const AGENTS = {
  iPhone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
  Android:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36',
  Windows:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0',
  Mac: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  Linux: 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0',
  Chromebook:
    'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36',
  Outlook: 'Outlook-iOS/2.0',
  nothing: '',
} as const;

describe('a link is opened', () => {
  const cases: [keyof typeof AGENTS, Platform | null, string | null, Place][] = [
    ['iPhone', 'ios', 'iPhone', 'here'],
    ['iPhone', 'ios', 'iPad', 'here'],
    ['iPhone', null, null, 'here'],
    ['iPhone', 'other', 'Tizen', 'here'],
    ['iPhone', 'android', 'Android', 'other-phone'],
    ['iPhone', 'windows', 'WindowsMail', 'other-phone'],
    ['Android', 'android', 'SamsungDevice', 'here'],
    ['Android', null, null, 'here'],
    ['Android', 'ios', 'iPhone', 'other-phone'],
    ['Windows', 'ios', 'iPhone', 'computer'],
    ['Windows', 'android', 'Android', 'computer'],
    ['Windows', null, null, 'computer'],
    ['Windows', 'windows', 'WindowsMail', 'here'],
    ['Mac', 'ios', 'iPhone', 'computer'],
    ['Mac', 'ios', 'iPad', 'here'],
    ['Mac', 'android', 'Android', 'computer'],
    ['Linux', 'android', 'Android', 'computer'],
    ['Chromebook', 'ios', 'iPad', 'computer'],
    ['Outlook', 'android', 'Android', 'here'],
    ['nothing', 'ios', 'iPhone', 'here'],
  ];
  for (const [agent, platform, type, place] of cases)
    it(`${place === 'here' ? 'on the device, or nobody knows' : `on ${place === 'computer' ? 'a computer' : 'another phone'}`}: browser of ${agent}, device ${type ?? 'unknown'}`, () => {
      assert.equal(placeOf(AGENTS[agent], { platform, type }), place);
    });

  it('nobody knows where by a header that is none, or endless', () => {
    for (const header of [undefined, null, ['iPhone'], 7, `${'x'.repeat(1_000)} iPhone`])
      assert.equal(placeOf(header, { platform: 'android', type: 'Android' }), 'here');
  });
});
