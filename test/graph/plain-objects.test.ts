import assert from 'node:assert/strict';
import { plain } from '../../src/graph/plain-objects.ts';
import type { Writable } from '../../src/graph/plain-objects.ts';

interface Phone {
  readonly name: string;
  readonly model?: string;
}

const PhoneOf = plain(function (this: Writable<Phone>, name: string) {
  this.name = name;
});

describe('objects of a plain constructor', () => {
  it('are as those of a literal are, whoever looks at them', () => {
    const phone: Phone = new PhoneOf('Phone 1');
    assert.deepStrictEqual(phone, { name: 'Phone 1' });
    assert.deepEqual(
      [Object.getPrototypeOf(phone) === Object.prototype, phone.constructor === Object, Object.keys(phone)],
      [true, true, ['name']],
    );
    assert.deepStrictEqual(
      [structuredClone(phone), { ...phone }, JSON.stringify(phone)],
      [phone, phone, '{"name":"Phone 1"}'],
    );
  });

  it('leave those of literals as they were', () => {
    const { name } = new PhoneOf('Phone 1');
    assert.deepStrictEqual([name, Object.keys({}), {}.constructor, 'name' in {}], ['Phone 1', [], Object, false]);
  });
});
