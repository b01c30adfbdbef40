import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { compareModels } from '../../src/match/device-model.ts';
import type { Platform } from '../../src/model/records.ts';

type Case = readonly [one: string | null, other: string | null];

function check(platform: Platform, expected: 'same' | 'different' | 'unknown', cases: readonly Case[]): void {
  for (const [one, other] of cases) {
    it(`${one ?? 'nothing'} and ${other ?? 'nothing'} are ${expected}, in either order`, () => {
      assert.equal(compareModels(platform, one, other), expected);
      assert.equal(compareModels(platform, other, one), expected);
    });
  }
}

describe('two models of Apple', () => {
  check('ios', 'same', [
    ['iPhone15C2', 'iPhone15,2'],
    ['Apple iPhone 15', 'iPhone 15'],
  ]);
  check('ios', 'different', [
    ['iPhone15C2', 'iPad Air'],
    ['iPhone15C2', 'iPhone14,2'],
    ['iPhone 15', 'iPhone 15 Pro'],
    ['iPhone', 'iPad'],
  ]);
  check('ios', 'unknown', [
    ['iPhone15C2', 'iPhone 14 Pro'],
    ['iPhone', 'iPhone 14 Pro'],
    ['iPhone', 'iPhone'],
    ['iPad', 'iPad14,1'],
    [null, 'iPhone 15'],
    ['', 'iPhone 15'],
  ]);
});

describe('two models of Android', () => {
  check('android', 'same', [
    ['SM-A536B', 'Samsung SM-A536B'],
    ['sm_a536b', 'SM-A536B'],
    ['SAMSUNGSMA536B', 'SM-A536B'],
    ['samsungSM-A536B', 'SM-A536B'],
    ['SM-A536B', 'SM-A536B/DS'],
    ['SM-A536', 'SM-A536B'],
    ['Galaxy A53 (SM-A536B)', 'SM-A536B'],
    ['Galaxy A53 (SM-A536B)', 'Galaxy A53'],
    ['HUAWEI VOG-L29', 'VOG-L29'],
    ['ONEPLUS A6013', 'A6013'],
    ['LGE LM-G820', 'LM-G820'],
    ['moto g(8) plus', 'moto g8 plus'],
    ['Google Pixel 7a', 'Pixel 7a'],
    ['Nokia 8.3 5G', 'Nokia 8.3 5G'],
  ]);
  check('android', 'unknown', [
    ['Android', 'SM-A536B'],
    ['Android', 'Android'],
    ['SamsungDevice', 'SM-A536B'],
    ['samsung', 'Galaxy A53'],
    ['HUAWEI', 'VOG-L29'],
    ['Google', 'Pixel 7a'],
    ['Xiaomi Phone', '22101316G'],
    ['SM-A536B', 'Galaxy A53'],
    ['22101316G', 'Redmi Note 12 Pro'],
    ['VOG-L29', 'HUAWEI P30 Pro'],
    ['CPH2305', 'Find X5'],
    ['Mi 9T', 'Redmi K20'],
    ['Galaxy A53', 'Galaxy A53 5G'],
    ['Mi Max 2', 'MDE40'],
    ['Mi Max 2', 'Redmi Note 4'],
    ['moto g power', 'moto g power (2021)'],
    ['FP4', 'Fairphone 4'],
    ['TA-1234', 'Nokia 8.3 5G'],
    ['XQ-BC52', 'Xperia 1 III'],
    [null, 'Pixel 8'],
    ['???', 'Pixel 8'],
  ]);
  check('android', 'different', [
    ['SM-A536B', 'SM-S911B'],
    ['SM-A536B', 'SM-A546B'],
    ['Pixel 8', 'Pixel 8 Pro'],
    ['Galaxy A53', 'Samsung Galaxy S23'],
    ['P30', 'P30 lite'],
    ['moto g power', 'moto g play (2021)'],
    ['Nokia 3.4', 'Nokia 5.4'],
    ['VOG-L29', 'ELE-L29'],
    ['VOG-L29', 'SM-A536B'],
    ['22101316G', '2201117TY'],
    ['Pixel 8', 'SM-A536B'],
    ['Pixel 8', 'Galaxy S23'],
    ['HUAWEI P30', 'SAMSUNG SM-A536B'],
  ]);
});

describe('two models of something else', () => {
  check('windows', 'unknown', [['Surface', 'Latitude']]);
  check('windows', 'same', [['Surface Pro', 'surface-pro']]);
});

describe('separators, case and order', () => {
  const models = [
    'Pixel 8',
    'SM-A536B',
    'Galaxy A53',
    'moto g(8) plus',
    'VOG-L29',
    'Android',
    'iPhone15C2',
    'iPhone 15',
  ];
  const model = fc.oneof(fc.constantFrom(...models), fc.string());
  const platform = fc.constantFrom<Platform>('android', 'ios', 'windows');

  it('do not count', () =>
    fc.assert(
      fc.property(platform, fc.constantFrom(...models), model, (of, one, other) => {
        const expected = compareModels(of, one, other);
        assert.equal(compareModels(of, other, one), expected);
        assert.equal(compareModels(of, one.toUpperCase(), other), expected);
        assert.equal(compareModels(of, ` ${one.replaceAll('-', '_')} `, other), expected);
      }),
    ));
});
