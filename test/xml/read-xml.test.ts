import assert from 'node:assert/strict';
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
