/** The pictures that `npm run pictures` makes, and how many bytes each may have. */

/** Where they are kept, below the root. */
export const FOLDER = 'docs/pictures';

/** File name → what it shows, and the most bytes it may have. */
export const PICTURES = {
  'seven-steps-light.svg': { shows: 'the workflow, for light pages', maxBytes: 8_000 },
  'seven-steps-dark.svg': { shows: 'the workflow, for dark pages', maxBytes: 8_000 },
  'start.png': { shows: 'npm start: flow and terminal while phones are blocked and let in', maxBytes: 290_000 },
  'simulation.png': { shows: 'the access switch: what it would do', maxBytes: 40_000 },
  'try-it.png': { shows: 'the access switch: one device explained', maxBytes: 40_000 },
  'sidebar.png': { shows: 'the tab in the sidebar of the editor', maxBytes: 40_000 },
  'console-overview.png': { shows: 'the console: overview', maxBytes: 60_000 },
  'console-devices.png': { shows: 'the console: all devices', maxBytes: 75_000 },
  'console-device.png': { shows: "the console: one device's way", maxBytes: 75_000 },
} as const satisfies Record<string, { readonly shows: string; readonly maxBytes: number }>;

export type PictureName = keyof typeof PICTURES;

/** What all of them may have together: a README that loads at once also over a slow line. */
export const MAX_BYTES = 600_000;
