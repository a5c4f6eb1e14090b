/**
 * Every colour of the console, both themes side by side. `tokens.css` is written from this table
 * (`node packages/ui/src/tokens/write.ts`); `tokens.test.ts` holds the file up to date and the contrasts at AA.
 *
 * A colour is OKLCH: lightness 0–1, chroma, hue in degrees.
 */
export type Oklch = readonly [lightness: number, chroma: number, hue: number];
export type Themed = readonly [light: Oklch, dark: Oklch];

/** Cool grey, 12 steps: 1–2 surfaces, 3–4 hover and pressed, 5–6 hairlines, 7–8 control borders, 9 icons, 10 meta text, 11 text, 12 headings. */
const grey = {
  'grey-1': [
    [0.995, 0.001, 250],
    [0.172, 0.008, 255],
  ],
  'grey-2': [
    [0.979, 0.003, 250],
    [0.196, 0.009, 255],
  ],
  'grey-3': [
    [0.96, 0.004, 250],
    [0.223, 0.01, 255],
  ],
  'grey-4': [
    [0.937, 0.006, 250],
    [0.252, 0.012, 255],
  ],
  'grey-5': [
    [0.914, 0.007, 250],
    [0.276, 0.013, 255],
  ],
  'grey-6': [
    [0.876, 0.009, 250],
    [0.318, 0.014, 255],
  ],
  'grey-7': [
    [0.806, 0.012, 250],
    [0.384, 0.016, 255],
  ],
  'grey-8': [
    [0.69, 0.014, 250],
    [0.49, 0.017, 255],
  ],
  'grey-9': [
    [0.6, 0.016, 250],
    [0.585, 0.018, 255],
  ],
  'grey-10': [
    [0.505, 0.018, 252],
    [0.685, 0.016, 255],
  ],
  'grey-11': [
    [0.39, 0.02, 254],
    [0.79, 0.013, 255],
  ],
  'grey-12': [
    [0.225, 0.018, 256],
    [0.955, 0.005, 255],
  ],
} as const satisfies Record<string, Themed>;

/** Harbour teal: links, focus, primary buttons, the selected row, and nothing else. */
const accent = {
  'accent-text': [
    [0.488, 0.083, 198],
    [0.79, 0.105, 193],
  ],
  'accent-solid': [
    [0.505, 0.086, 198],
    [0.75, 0.108, 193],
  ],
  'accent-solid-hover': [
    [0.45, 0.077, 198],
    [0.81, 0.108, 193],
  ],
  'accent-on-solid': [
    [1, 0, 0],
    [0.17, 0.03, 200],
  ],
  'accent-ring': [
    [0.6, 0.1, 198],
    [0.72, 0.115, 193],
  ],
  'accent-soft': [
    [0.958, 0.02, 195],
    [0.262, 0.035, 197],
  ],
  'accent-soft-hover': [
    [0.93, 0.032, 195],
    [0.3, 0.042, 197],
  ],
} as const satisfies Record<string, Themed>;

/** States. Each has three roles: words, the dot or icon, and a quiet ground under both. */
const states = {
  'ok-text': [
    [0.47, 0.115, 152],
    [0.81, 0.14, 154],
  ],
  'ok-dot': [
    [0.61, 0.155, 151],
    [0.73, 0.17, 152],
  ],
  'ok-soft': [
    [0.957, 0.034, 155],
    [0.267, 0.045, 156],
  ],
  'warn-text': [
    [0.49, 0.105, 68],
    [0.84, 0.125, 80],
  ],
  'warn-dot': [
    [0.69, 0.15, 70],
    [0.79, 0.15, 77],
  ],
  'warn-soft': [
    [0.963, 0.04, 88],
    [0.285, 0.046, 76],
  ],
  'bad-text': [
    [0.51, 0.185, 26],
    [0.765, 0.13, 23],
  ],
  'bad-dot': [
    [0.595, 0.21, 26],
    [0.67, 0.195, 25],
  ],
  'bad-soft': [
    [0.957, 0.02, 20],
    [0.275, 0.064, 22],
  ],
  'info-text': [
    [0.49, 0.145, 256],
    [0.78, 0.105, 252],
  ],
  'info-dot': [
    [0.6, 0.16, 255],
    [0.67, 0.15, 254],
  ],
  'info-soft': [
    [0.957, 0.019, 252],
    [0.28, 0.055, 257],
  ],
  'idle-text': [
    [0.47, 0.018, 252],
    [0.715, 0.015, 255],
  ],
  'idle-dot': [
    [0.62, 0.016, 250],
    [0.585, 0.018, 255],
  ],
  'idle-soft': [
    [0.957, 0.004, 250],
    [0.245, 0.011, 255],
  ],
  'bad-solid': [
    [0.54, 0.195, 26],
    [0.545, 0.19, 26],
  ],
  'bad-solid-hover': [
    [0.485, 0.18, 26],
    [0.585, 0.2, 26],
  ],
  'bad-on-solid': [
    [1, 0, 0],
    [1, 0, 0],
  ],
} as const satisfies Record<string, Themed>;

/** Ink of charts: told apart by lightness as well as hue, never the colours of states. */
const data = {
  'data-1': [
    [0.52, 0.15, 258],
    [0.72, 0.13, 256],
  ],
  'data-2': [
    [0.62, 0.17, 310],
    [0.76, 0.12, 312],
  ],
  'data-3': [
    [0.66, 0.13, 55],
    [0.8, 0.1, 62],
  ],
  'data-4': [
    [0.55, 0.15, 345],
    [0.7, 0.14, 350],
  ],
} as const satisfies Record<string, Themed>;

/** The terminal's own sixteen, chosen for contrast on grey-1 of either theme. */
const terminal = {
  'term-black': [
    [0.3, 0.015, 255],
    [0.42, 0.015, 255],
  ],
  'term-red': [
    [0.52, 0.19, 26],
    [0.72, 0.16, 24],
  ],
  'term-green': [
    [0.49, 0.125, 150],
    [0.78, 0.155, 150],
  ],
  'term-yellow': [
    [0.51, 0.105, 78],
    [0.83, 0.13, 85],
  ],
  'term-blue': [
    [0.49, 0.16, 258],
    [0.72, 0.125, 254],
  ],
  'term-magenta': [
    [0.51, 0.18, 322],
    [0.75, 0.14, 322],
  ],
  'term-cyan': [
    [0.5, 0.085, 205],
    [0.81, 0.1, 205],
  ],
  'term-white': [
    [0.52, 0.014, 255],
    [0.84, 0.01, 255],
  ],
  'term-bright-black': [
    [0.5, 0.016, 255],
    [0.62, 0.015, 255],
  ],
  'term-bright-red': [
    [0.47, 0.19, 26],
    [0.79, 0.14, 22],
  ],
  'term-bright-green': [
    [0.44, 0.115, 150],
    [0.85, 0.16, 150],
  ],
  'term-bright-yellow': [
    [0.46, 0.095, 78],
    [0.89, 0.13, 92],
  ],
  'term-bright-blue': [
    [0.44, 0.16, 258],
    [0.79, 0.1, 252],
  ],
  'term-bright-magenta': [
    [0.46, 0.18, 322],
    [0.82, 0.12, 322],
  ],
  'term-bright-cyan': [
    [0.45, 0.078, 205],
    [0.87, 0.09, 200],
  ],
  'term-bright-white': [
    [0.3, 0.012, 255],
    [0.96, 0.004, 255],
  ],
} as const satisfies Record<string, Themed>;

export const colours = { ...grey, ...accent, ...states, ...data, ...terminal } as const;
export type ColourName = keyof typeof colours;
/** The five tones a state can have. */
export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'idle';

/** Pairs that carry words: text on ground. Each must reach 4.5 : 1 in both themes. */
export const textPairs: readonly (readonly [text: ColourName, ground: ColourName])[] = [
  ...(['grey-1', 'grey-2', 'grey-3', 'accent-soft'] as const).flatMap((ground) =>
    (['grey-10', 'grey-11', 'grey-12', 'accent-text'] as const).map((text) => [text, ground] as const),
  ),
  ...(['ok', 'warn', 'bad', 'info', 'idle'] as const).flatMap((tone) => [
    [`${tone}-text`, 'grey-1'] as const,
    [`${tone}-text`, 'grey-3'] as const,
    [`${tone}-text`, `${tone}-soft`] as const,
  ]),
  ['accent-on-solid', 'accent-solid'],
  ['accent-on-solid', 'accent-solid-hover'],
  ['bad-on-solid', 'bad-solid'],
  ['bad-on-solid', 'bad-solid-hover'],
];

/** Pairs that carry shape only (focus ring, dots, chart lines): 3 : 1. */
export const shapePairs: readonly (readonly [shape: ColourName, ground: ColourName])[] = [
  ['accent-ring', 'grey-1'],
  ['accent-ring', 'grey-3'],
  ['data-1', 'grey-1'],
  ['data-2', 'grey-1'],
  ['data-4', 'grey-1'],
  ['ok-dot', 'grey-1'],
  ['bad-dot', 'grey-1'],
  ['info-dot', 'grey-1'],
  ['idle-dot', 'grey-1'],
];
