import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { isConnectorError } from '../../src/errors.ts';
import { escapeXml } from '../../src/xml/escape-xml.ts';
import { child, childText, find, textAt } from '../../src/xml/find.ts';
import { readXml } from '../../src/xml/read-xml.ts';

describe('a small XML document', () => {
  const root = readXml(
    '\ufeff<a xmlns="urn:x"><b> one </b><b xmlns="urn:y" c="2">two<d><![CDATA[<&>]]></d></b><e/></a>',
  );

  it('is read with its namespaces, whatever its byte order mark', () => {
    assert.deepEqual(
      root.children.map(({ uri, name, text }) => [uri, name, text]),
      [
        ['urn:x', 'b', ' one '],
        ['urn:y', 'b', 'two'],
        ['urn:x', 'e', ''],
      ],
    );
  });

  it('gives elements by namespace and name', () => {
    assert.equal(childText(root, 'urn:x', 'b'), 'one');
    assert.equal(child(root, 'urn:y', 'b')?.attributes.get('c'), '2');
    assert.equal(childText(root, 'urn:x', 'e'), null);
    assert.equal(child(root, 'urn:z', 'b'), undefined);
  });

  it('gives elements by local names where servers disagree about the namespace', () => {
    assert.equal(textAt(root, 'b'), 'one');
    assert.equal(textAt(root.children[1], 'd'), '<&>');
    assert.equal(textAt(root, 'e'), null);
    assert.equal(find(root, 'b', 'd'), undefined, 'the first of a name counts');
  });

  it('carries any text back, with a mark for what XML cannot carry', () => {
    const text = 'a & b <c> "d" \'e\'\r\n\tf\u0000\ud800';
    assert.equal(readXml(`<x y="${escapeXml(text)}"/>`).attributes.get('y'), text.replace(/\u0000|\ud800/g, '\ufffd'));
    assert.equal(readXml(`<x>${escapeXml(text)}</x>`).text, text.replace(/\u0000|\ud800/g, '\ufffd'));
  });
});

describe('XML in the form that servers write', () => {
  const BASE64 = Buffer.from('a fragment of a message '.repeat(40)).toString('base64');
  /** Pieces of documents: of that form, of others, and of none. */
  const PIECES = [
    '<a>',
    '</a>',
    '<p:b>',
    '</p:b>',
    '<c/>',
    '<c />',
    '<q:c x="1"/>',
    '<a x="1" p:x="2">',
    '<a\n\tx="1">',

    '<a xmlns="urn:a">',
    '<a xmlns="">',
    '<p:b xmlns:p="urn:b">',
    '<a xmlns:p="urn:p" p:x="1">',
    '<a xml:lang="en">',

    'text',
    ' ',
    '\n',
    '\u00fc',
    '\u2028',
    '&amp;',
    '&lt;&gt;&quot;&apos;',
    BASE64,
    `${BASE64} `,
    ` ${BASE64}`,
    ']]',

    '<a x="&amp;"/>',
    '<a x="&#65;"/>',
    '<a x="a\tb"/>',
    '<a x="a>b"/>',
    '<a x="\u00fc"/>',
    "<a x='1'/>",
    '<a  x="1"/>',
    '&#65;',
    '&#x1;',
    '&unknown;',
    '&',
    ']]>',
    '>',
    '\r',
    '\r\n',
    '\t',
    '\u0001',
    '\ufffe',
    '\u{1f600}',
    '\ud800',

    '<!-- c -->',
    '<![CDATA[<]]>',
    '<?p i?>',
    '<!DOCTYPE a>',
    '</a >',
    '</ a>',
    '< a>',
    '<a',
    '<',
    '<1/>',
    '<\u00fc/>',
    '<a x="1" x="2"/>',
    '<a p:x="1" q:x="2"/>',
    '<r:a/>',
    '<a r:x="1"/>',
    '<p:b:c/>',
    '<:a/>',
    '<a:/>',
    '<a x=1/>',

    '<a x="<"/>',
    '<a x/>',
    '<a x="1"y="2"/>',
    '<a xmlns:p=""/>',
    '<a xmlns:xml="urn:x"/>',
    '<a xmlns:xmlns="urn:x"/>',

    '<a xmlns:x="http://www.w3.org/XML/1998/namespace"/>',
    '<a xmlns="http://www.w3.org/2000/xmlns/"/>',
    '<xmlns:a/>',

    '<a xmlns:x="urn:x" xmlns:x="urn:y"/>',
    '<a xmlns="urn:x" xmlns="urn:y"/>',
    '<a x:y="1" xmlns:x="urn:x"/>',
    '\ue0000\ue001',
  ];
  const outcome = (xml: string): unknown => {
    try {
      return JSON.parse(
        JSON.stringify(readXml(xml), (_key, value: unknown) => (value instanceof Map ? [...value] : value)),
      );
    } catch (error) {
      assert.ok(isConnectorError(error, 'ERR_XML_INVALID'));
      return 'refused';
    }
  };
  /** With a prolog it is read by the parser of all forms. */
  const byParser = (xml: string): unknown => outcome(`<?xml version="1.0"?>${xml}`);

  for (const piece of PIECES)
    it(`is read as by a parser of any form: ${JSON.stringify(piece.slice(0, 60))}`, () => {
      for (const end of ['', '</a>', '</p:b>']) {
        const xml = `<r xmlns:p="urn:p" xmlns:q="urn:p">${piece}${end}</r>`;
        assert.deepEqual(outcome(xml), byParser(xml), xml);
      }
    });

  it('is read as by a parser of any form, whatever it is made of', () => {
    const root = fc.constantFrom('<r xmlns:p="urn:p" xmlns:q="urn:p">', '<r>', '<p:r xmlns:p="urn:p">', '');
    const close = fc.constantFrom('</r>', '</r>\n', '</p:r>', '', '</r>x', '</r><r/>');
    fc.assert(
      fc.property(root, fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }), close, (open, pieces, end) => {
        const xml = `${open}${pieces.join('')}${end}`;
        assert.deepEqual(outcome(xml), byParser(xml), xml);
      }),
      { numRuns: 3000 },
    );
  });
});
