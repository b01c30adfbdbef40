/* How Node-RED calls a node of ours; `this` is the node. */
export function nodeLabel() {
  return this.name || this._(this.type + '.label');
}

/* A name that somebody gave is set in italics, as in Node-RED's own nodes. */
export function nodeLabelStyle() {
  return this.name ? 'red-ui-flow-node-label-italic' : '';
}

export function outputLabel(index) {
  return this._(this.type + '.output.' + (index + 1));
}

/* What the list of configurations calls a type; `this` is its definition. */
export function typeLabel() {
  return this._(this.type + '.label');
}

/* What the palette calls a type: words that fit into its width, which Node-RED breaks anywhere otherwise. */
export function paletteLabel() {
  return this._(this.type + '.palette');
}
