import assert from 'node:assert/strict';
import {
  chooseScp,
  POINTER_KEYWORD,
  pointerHost,
  URL_KEYWORD,
  type ScpEntry,
} from '../../src/autodiscover/scp-rules.ts';

const entry = (dn: string, keywords: readonly string[], ...bindings: readonly string[]): ScpEntry => ({
  dn,
  keywords,
  bindings,
});
const at = { domain: 'contoso.example', site: 'Berlin' };
const choice = (entries: readonly ScpEntry[], where: { domain: string; site: string | null } = at) => {
  const { addresses, ...rest } = chooseScp(entries, where);
  return { ...rest, addresses: addresses.map(({ url, site }) => `${site} ${url}`) };
};

describe('which entries of the directory Outlook goes by', () => {
  const other = entry('1', [URL_KEYWORD, 'Site=Rome'], 'https://rome/');
  const every = entry('2', [URL_KEYWORD.toLowerCase()], 'https://every/');
  const here = entry('3', ['site=BERLIN', 'Site=Paris', URL_KEYWORD], 'https://berlin/');
  const nothing = { pointer: null, fallback: null, empty: [] };

  it('its own site first, then those for every site, then the others', () => {
    assert.deepEqual(choice([other, every, here]), {
      ...nothing,
      addresses: ['here https://berlin/', 'every https://every/', 'other https://rome/'],
    });
  });

  it('where the site is not known, those for every site first', () => {
    assert.deepEqual(choice([other, here, every], { ...at, site: null }).addresses, [
      'every https://every/',
      'other https://rome/',
      'other https://berlin/',
    ]);
  });

  it('each address once, in whatever case it is written', () => {
    const twice = entry('4', [URL_KEYWORD], 'HTTPS://BERLIN/');
    assert.deepEqual(choice([twice, here]).addresses, ['here https://berlin/']);
  });

  it('names the entries of servers that have no address', () => {
    const empty = entry('CN=OLD', [URL_KEYWORD], ' ');
    assert.deepEqual(choice([empty, entry('CN=NULL', [URL_KEYWORD])]), {
      ...nothing,
      empty: ['CN=OLD', 'CN=NULL'],
      addresses: [],
    });
  });

  it('a pointer for its domain before all addresses, and one that is for nobody in particular after them', () => {
    const own = entry('5', [POINTER_KEYWORD.toUpperCase(), 'domain=Contoso.example'], 'LDAP://own.example');
    const foreign = entry('6', [POINTER_KEYWORD, 'Domain=fabrikam.example'], 'LDAP://foreign.example');
    const bare = entry('7', [POINTER_KEYWORD], 'LDAP://bare.example');
    assert.deepEqual(choice([foreign, bare, own, every]), {
      pointer: 'LDAP://own.example',
      fallback: 'LDAP://bare.example',
      empty: [],
      addresses: ['every https://every/'],
    });
    assert.deepEqual(choice([foreign]), { ...nothing, addresses: [] });
  });

  it('nothing that is neither', () => {
    assert.deepEqual(choice([entry('8', ['something else'], 'https://else/'), entry('9', [])]), {
      ...nothing,
      addresses: [],
    });
  });

  it('the host of a pointer, and of nothing else', () => {
    const table: readonly (readonly [string, string | null])[] = [
      ['LDAP://Other.contoso.example', 'other.contoso.example'],
      ['ldap://dc1.contoso.example:389/CN=Configuration,DC=x', 'dc1.contoso.example'],
      ['LDAPS://dc1', 'dc1'],
      ['LDAP:///CN=x', null],
      ['LDAP://CN=x,DC=y', null],
      ['LDAP://user:password@dc1', null],
      ['https://dc1', null],
      ['', null],
    ];
    assert.deepEqual(
      table.map(([pointer]) => [pointer, pointerHost(pointer)]),
      table,
    );
  });
});
