import assert from 'node:assert/strict';
import { isPcProgram, recognizeEasClient } from '../../src/model/eas-client.ts';
import { anEas } from '../support/records.ts';

describe('the client of an EAS record', () => {
  it('is the same whatever others were recognized in between', () => {
    const texts = ['iPhone', 'Outlook', 'Android', 'TbSync', 'SamsungDevice', null];
    const devices = Array.from({ length: 4_000 }, (_, i) => {
      const [type, userAgent, os] = [i, i >> 2, i >> 4].map((n) => {
        const text = texts[n % texts.length] ?? null;
        return text === null ? null : `${text}${n % 5 === 0 ? '' : n}`;
      });
      return anEas({ device: { type: type ?? null, userAgent: userAgent ?? null, os: os ?? null } }).device;
    });
    const alone = devices.map((device) => recognizeEasClient(device));
    const again = devices.map((_, i) => recognizeEasClient(devices[(i * 2_741) % devices.length]!));
    assert.deepEqual(
      again,
      devices.map((_, i) => alone[(i * 2_741) % devices.length]),
    );
  });

  const cases = [
    ['iPhone', 'Apple-iPhone15C2/2301.1', 'iOS 19.1', 'EAS', 'Apple Mail', 'ios', true],
    ['iPad', 'Apple-iPad14C3/2301.1', 'iPadOS 19.1', 'EAS', 'Apple Mail', 'ios', true],
    ['iPhone', null, null, null, 'Apple Mail', 'ios', true],
    ['iPhone', 'iOS/18.6 (22G86) dataaccessd/1.0', 'iOS 18.6', 'EAS', 'Apple Mail', 'ios', true],
    ['iPad', 'iPadOS/18.6 (22G86) dataaccessd/1.0', 'iOS 18.6', 'EAS', 'Apple Mail', 'ios', true],
    ['iPhone', 'iOS/18.6 SomeMail/1.0', 'iOS 18.6', 'EAS', null, 'ios', false],
    ['iPhone', 'SparkMail/3.0', 'iOS 19.1', 'EAS', 'Spark', 'ios', false],
    ['iPhone', 'Outlook-iOS-Android/1.0', 'iOS 19.1', 'EAS', 'Outlook mobile', 'ios', false],
    ['Outlook', 'Outlook-iOS-Android/1.0', 'iOS 19.1', 'Outlook', 'Outlook mobile', 'ios', false],
    ['Outlook', 'Outlook-iOS-Android/1.0', 'Android 16', 'REST', 'Outlook mobile', 'android', false],
    ['Spark', 'Readdle Spark', 'iOS 19.1', 'EAS', 'Spark', 'ios', false],
    ['MailApp', 'MailApp/1', 'iOS 19.1', 'EAS', null, 'ios', false],
    ['SamsungDevice', 'SAMSUNG-SM-S911B/101.16', 'Android', 'EAS', 'Samsung Mail', 'android', true],
    ['Android', 'Android-Mail/2026.1', 'Android 16', 'EAS', 'Gmail', 'android', true],
    ['Android', 'Nine-UG9ja2V0', 'Android 16', 'EAS', 'Nine', 'android', true],
    ['Android', 'LGE/1.0', 'Android 9', 'EAS', 'Android mail', 'android', true],
    ['WindowsMail', 'MSFT-WIN-4/10.0', 'Windows 10', 'EAS', 'Windows Mail', 'windows', true],
    ['WP8', 'MSFT-WP/8.10', 'Windows Phone 8', 'EAS', 'Windows Mail', 'windows', true],
    ['TouchDown', 'TouchDown(MSRPC)/8', 'Android', 'EAS', 'TouchDown', 'android', false],
    ['WindowsMail', null, 'Windows 10.0.14393', 'EAS', 'Windows Mail', 'windows', true],
    ['WindowsOutlook', 'Outlook/16.0 (16.0.9126.2259; C2R; x64)', null, 'EAS', 'Outlook on a PC', 'windows', false],
    ['WindowsOutlook15', null, null, null, 'Outlook on a PC', 'windows', false],
    ['TbSync', 'Thunderbird ActiveSync Lightning/68.0', null, 'EAS', 'TbSync', null, false],
    ['Thunderbird', 'Thunderbird ActiveSync', 'Windows 11', 'EAS', 'TbSync', 'windows', false],
    ['iPhone', 'python-EAS-Client 1.0', null, 'EAS', 'python-EAS-Client', 'ios', false],
    ['eMClient', 'eM Client/9.2', 'Windows 11', 'EAS', 'eM Client', 'windows', false],
    ['iPhone', 'Outlook/5.2', 'iOS 19.1', 'REST', 'Outlook mobile', 'ios', false],
    ['Thing', 'Thing/1', null, 'EAS', null, null, null],
    [null, null, null, null, null, null, null],
  ] as const;
  for (const [type, userAgent, os, clientType, client, platform, native] of cases) {
    it(`of type ${type}, user agent ${userAgent}, on ${os} is ${client} (${native === null ? 'cannot be told' : native ? 'native' : 'not native'})`, () => {
      const { device } = anEas({ device: { type, userAgent, os, clientType } });
      assert.deepEqual(recognizeEasClient(device), { client, platform, native });
    });
  }
});

describe('a program on a computer', () => {
  const cases = [
    ['WindowsOutlook15', null, null, true],
    ['WindowsOutlook', 'Outlook/16.0 (16.0.9126.2259; C2R; x64)', null, true],
    ['TbSync', 'Thunderbird ActiveSync Lightning/68.0', null, true],
    ['Thunderbird', 'Thunderbird ActiveSync', 'Linux', true],
    ['eMClient', 'eM Client/9.2', null, true],
    ['iPhone', 'python-EAS-Client 1.0', 'iOS 19.1', true],
    ['eMClient', 'eM Client/9.2', 'Android 16', false],
    ['WindowsMail', 'MSFT-WIN-4/10.0', 'Windows 10', false],
    ['iPhone', 'Apple-iPhone15C2/2301.1', 'iOS 19.1', false],
    ['Outlook', 'Outlook-iOS-Android/1.0', 'Android 16', false],
    ['Thing', 'Thing/1', null, false],
    [null, null, null, false],
  ] as const;
  for (const [type, userAgent, os, expected] of cases)
    it(`is ${expected ? 'one' : 'none'} of type ${type}, user agent ${userAgent}, on ${os}`, () => {
      assert.equal(isPcProgram(anEas({ device: { type, userAgent, os } }).device), expected);
    });
});
