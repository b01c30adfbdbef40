/** The seven steps of the workflow as a drawing: what happens at Exchange, at the connector, at the MDM and to the user. */

interface Step {
  readonly number: number;
  /** Which of the lanes it is in. */
  readonly lane: 0 | 1 | 2 | 3;
  readonly title: string;
  readonly text: string;
  readonly color: 'plain' | 'red' | 'green';
}

const LANES = ['User', 'Exchange', 'Connector', 'MDM'] as const;

const STEPS: readonly Step[] = [
  { number: 1, lane: 0, title: 'adds an account', text: 'there is an EAS record', color: 'plain' },
  { number: 2, lane: 2, title: 'syncs the EAS record', text: 'no MDM record fits', color: 'plain' },
  { number: 3, lane: 1, title: 'blocks the device', text: 'allowed → blocked', color: 'red' },
  { number: 4, lane: 0, title: 'gets a mail', text: 'its link carries the EAS ID', color: 'plain' },
  { number: 5, lane: 3, title: 'the user enrolls', text: 'there is an MDM record', color: 'plain' },
  { number: 6, lane: 2, title: 'the records merge', text: 'by EAS ID or by the link', color: 'plain' },
  { number: 7, lane: 1, title: 'lets it in again', text: 'blocked → allowed', color: 'green' },
];

/** Colors of a drawing on a light and on a dark page. */
const COLORS = {
  light: {
    text: '#1f2933',
    quiet: '#5b6773',
    line: '#8a96a3',
    lane: '#f3f5f8',
    box: '#ffffff',
    red: '#b42318',
    green: '#1a7f4b',
  },
  dark: {
    text: '#e6ebf1',
    quiet: '#a3afbd',
    line: '#6b7887',
    lane: '#1b222c',
    box: '#0f141b',
    red: '#ff8f85',
    green: '#5cd6a0',
  },
} as const;

const LEFT = 92;
const STEP_WIDTH = 122;
const LANE_HEIGHT = 76;
const BOX = { width: 186, height: 52 };
const WIDTH = LEFT + 6 * STEP_WIDTH + BOX.width + 16;
const HEIGHT = LANES.length * LANE_HEIGHT;

/** The drawing as an SVG file. */
export function sevenSteps(page: keyof typeof COLORS): string {
  const colors = COLORS[page];
  const lanes = LANES.map(
    (lane, at) =>
      `<rect y="${at * LANE_HEIGHT + 2}" width="${WIDTH}" height="${LANE_HEIGHT - 4}" rx="8" fill="${colors.lane}"/>` +
      `<text x="14" y="${middleOf(at) + 5}" font-weight="600" fill="${colors.quiet}">${lane}</text>`,
  );
  const wires = STEPS.slice(1).map((step, at) => `<path d="${wire(STEPS[at]!, step)}"/>`);
  const boxes = STEPS.map((step) => {
    const [x, y] = cornerOf(step);
    const color = step.color === 'plain' ? colors.line : colors[step.color];
    const ink = step.color === 'plain' ? colors.text : color;
    return (
      `<rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="7" fill="${colors.box}" stroke="${color}" stroke-width="1.5"/>` +
      `<text x="${x + 11}" y="${y + 22}" font-weight="600" fill="${ink}">${step.number}  ${step.title}</text>` +
      `<text x="${x + 11}" y="${y + 40}" font-size="12" fill="${colors.quiet}">${step.text}</text>`
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13">`,
    `<title>${STEPS.map(({ number, lane, title }) => `${number}. ${LANES[lane]}: ${title}.`).join(' ')}</title>`,
    ...lanes,
    `<g fill="none" stroke="${colors.line}" stroke-width="1.5">${wires.join('')}</g>`,
    ...boxes,
    '</svg>\n',
  ].join('\n');
}

function middleOf(lane: number): number {
  return (lane + 0.5) * LANE_HEIGHT;
}

function cornerOf({ number, lane }: Step): readonly [number, number] {
  return [LEFT + (number - 1) * STEP_WIDTH, middleOf(lane) - BOX.height / 2];
}

/** From the side of one step down or up to the next, with an arrow's head. */
function wire(from: Step, to: Step): string {
  const [fromX, fromY] = cornerOf(from);
  const [toX, toY] = cornerOf(to);
  const isDown = toY > fromY;
  const x = Math.max(fromX + BOX.width / 2, toX + 18);
  const [start, end] = isDown ? [fromY + BOX.height, toY] : [fromY, toY + BOX.height];
  const back = isDown ? -6 : 6;
  return `M${x} ${start}V${end}m-4 ${back}l4 ${-back}l4 ${back}`;
}
